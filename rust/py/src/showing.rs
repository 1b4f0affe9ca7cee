//! `render`: one conversation as text, spans, ids and mask. `explain_template`: what a template can do.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::{Value, json};
use tooltrain_core::finding::Finding;
use tooltrain_core::prepare::Shown;
use tooltrain_core::run::explain;
use tooltrain_core::run::recipe;
use tooltrain_core::{Error, ErrorKind};

use crate::errors::to_python;
use crate::functions::{read_options, unreadable};
use crate::running::guarded;

/// Renders and tokenizes one conversation, given as JSON.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "an argument from Python is owned")]
pub(crate) fn render<'py>(
    py: Python<'py>,
    conversation: Vec<u8>,
    options: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let options = read_options(py, options)?;
    let answer = guarded(py, || {
        let recipe = recipe(&options, &[])?;
        let shown = recipe.worker().show(&conversation)?;
        Ok(shown.map(|shown| describe(&shown, recipe.template.name())))
    })?;
    let answer = answer.map_err(|findings| {
        let worst = findings.iter().min_by_key(|finding| finding.severity);
        let error = worst.map_or_else(|| Error::new(ErrorKind::Rejected, "rejected"), Finding::rejection);
        let others = findings.iter().filter(|one| worst.is_none_or(|worst| !std::ptr::eq(*one, worst)));
        to_python(py, &others.fold(error, |error, other| error.also(&other.to_string())))
    })?;
    Ok(PyBytes::new(py, &serde_json::to_vec(&answer).map_err(|error| unreadable(py, &error))?))
}

/// What is known about a chat template with a tokenizer, as JSON.
#[pyfunction]
pub(crate) fn explain_template<'py>(py: Python<'py>, options: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let options = read_options(py, options)?;
    let explanation = guarded(py, || explain(&options))?;
    Ok(PyBytes::new(py, &serde_json::to_vec(&explanation).map_err(|error| unreadable(py, &error))?))
}

fn describe(shown: &Shown, family: &str) -> Value {
    let tokens = &shown.tokens;
    let mut mask = vec![0u8; tokens.ids.len()];
    let mut weights = vec![0f32; tokens.ids.len()];
    for run in &tokens.trained {
        let range = run.start as usize..run.end as usize;
        mask[range.clone()].fill(1);
        weights[range].fill(run.weight);
    }
    let spans: Vec<Value> = shown
        .rendered
        .spans
        .iter()
        .map(|span| {
            let message = shown.messages.get(span.message as usize);
            json!({
                "start": span.start,
                "end": span.end,
                "role": message.map(|(role, _)| role.as_str()),
                "turn": message.map(|(_, index)| index),
                "field": span.field.as_str(),
                "origin": span.origin.as_str(),
                "sampled": span.sampled,
                "weight": span.weight,
            })
        })
        .collect();
    let turns: Vec<Value> = shown
        .rendered
        .turns
        .iter()
        .map(|turn| {
            json!({
                "turn": shown.messages.get(turn.message as usize).map(|(_, index)| index),
                "start": turn.sampled.start,
                "end": turn.sampled.end,
                "serving": turn.serving.as_str(),
                "reasoning": turn.reasoning,
            })
        })
        .collect();
    let findings: Vec<Value> = shown
        .findings
        .iter()
        .map(|finding| {
            json!({
                "code": finding.code.name(),
                "severity": finding.severity.as_str(),
                "pointer": finding.pointer,
                "message": finding.message,
                "hint": finding.hint_text(),
            })
        })
        .collect();
    json!({
        "text": shown.rendered.text,
        "spans": spans,
        "turns": turns,
        "input_ids": tokens.ids,
        "loss_mask": mask,
        "weights": weights,
        "token_ends": tokens.ends,
        "findings": findings,
        "family": family,
    })
}
