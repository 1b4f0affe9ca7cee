//! Python binding of tooltrain-core: arguments in, the GIL released, exceptions out.

mod converting;
mod errors;
mod functions;
mod given;
mod packed_arrow;
mod reading;
mod running;
mod showing;
mod streaming;
mod tokenizer;
mod validating;

use pyo3::prelude::*;

/// The compiled half of `tooltrain_fast`.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    running::quiet_panics();
    errors::register(module)?;
    functions::register(module)?;
    module.add_function(wrap_pyfunction!(converting::convert, module)?)?;
    module.add_function(wrap_pyfunction!(running::pack, module)?)?;
    module.add_function(wrap_pyfunction!(showing::render, module)?)?;
    module.add_function(wrap_pyfunction!(showing::explain_template, module)?)?;
    module.add_function(wrap_pyfunction!(streaming::stream, module)?)?;
    module.add_function(wrap_pyfunction!(validating::validate, module)?)?;
    module.add_class::<validating::FindingRows>()?;
    module.add_class::<streaming::RowStream>()?;
    reading::register(module)?;
    module.add_class::<packed_arrow::PackedArrow>()?;
    module.add_class::<tokenizer::Tokenizer>()?;
    Ok(())
}
