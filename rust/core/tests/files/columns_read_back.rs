use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int8Type, Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_ipc::reader::FileReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use proptest::prelude::*;
use tempfile::tempdir;
use tooltrain_core::ErrorKind;
use tooltrain_core::options::{ColumnPreset, Columns};
use tooltrain_core::sample::{Row, Sample};
use tooltrain_core::write::arrow::{record_batch, schema};
use tooltrain_core::write::{OutputSettings, RowBatch};

use super::common::fails;
use super::made_rows::{all_columns, column_set, publish, rows, seal, settings, trl};

fn metadata(path: &Path) -> ParquetMetaData {
    ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .parse_and_finish(&File::open(path).unwrap())
        .unwrap()
}

fn footer(path: &Path) -> String {
    let metadata = metadata(path);
    let pairs = metadata.file_metadata().key_value_metadata().unwrap().clone();
    assert_eq!(pairs.iter().map(|pair| pair.key.as_str()).collect::<Vec<_>>(), ["tooltrain_fast"]);
    pairs[0].value.clone().unwrap()
}

fn read_parquet(path: &Path) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    reader.with_batch_size(7).build().unwrap().map(Result::unwrap).collect()
}

/// One row as a reader sees it, columns that are not there left empty.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    ids: Vec<i32>,
    mask: Vec<i8>,
    labels: Vec<i32>,
    attention: Vec<i8>,
    positions: Vec<i32>,
    lengths: Vec<i32>,
    sources: Vec<(i32, i64, i32)>,
    weights: Vec<f32>,
}

fn expected(row: &Row) -> Seen {
    let mut seen = Seen::default();
    for sample in &row.samples {
        let mut weights = vec![0.0; sample.ids.len()];
        for run in &sample.trained {
            weights[run.start as usize..run.end as usize].fill(run.weight);
        }
        for ((position, id), weight) in (0..).zip(&sample.ids).zip(weights) {
            seen.ids.push(*id);
            seen.mask.push(i8::from(weight != 0.0));
            seen.labels.push(if weight == 0.0 { -100 } else { *id });
            seen.attention.push(1);
            seen.positions.push(position);
            seen.weights.push(weight);
        }
        seen.lengths.push(sample.ids.len() as i32);
        seen.sources.push((sample.source.shard, sample.source.line, sample.source.part));
    }
    seen
}

fn seen(batches: &[RecordBatch]) -> Vec<Seen> {
    let mut all = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let list =
                |name: &str| batch.column_by_name(name).map(|column| column.as_list::<i32>().value(row));
            let int32 = |name| list(name).map(|list| list.as_primitive::<Int32Type>().values().to_vec());
            let int8 = |name| list(name).map(|list| list.as_primitive::<Int8Type>().values().to_vec());
            let sources = list("sources").map(|list| {
                let list = list.as_struct();
                let shard = list.column(0).as_primitive::<Int32Type>();
                let line = list.column(1).as_primitive::<Int64Type>();
                let part = list.column(2).as_primitive::<Int32Type>();
                (0..list.len()).map(|at| (shard.value(at), line.value(at), part.value(at))).collect()
            });
            let weights =
                list("loss_weights").map(|list| list.as_primitive::<Float32Type>().values().to_vec());
            all.push(Seen {
                ids: int32("input_ids").unwrap_or_default(),
                mask: int8("loss_mask").unwrap_or_default(),
                labels: int32("labels").unwrap_or_default(),
                attention: int8("attention_mask").unwrap_or_default(),
                positions: int32("position_ids").unwrap_or_default(),
                lengths: int32("seq_lengths").unwrap_or_default(),
                sources: sources.unwrap_or_default(),
                weights: weights.unwrap_or_default(),
            });
        }
    }
    all
}

fn batch_of(rows: &[Row]) -> RowBatch {
    let mut batch = RowBatch::default();
    for row in rows {
        batch.push(row).unwrap();
    }
    batch
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_column_reads_back(seed: u64, count in 1_usize..80, longest in 1_u64..300, group in 1_u64..60_000) {
        let root = tempdir().unwrap();
        let rows = rows(seed, count, longest, &[1.0, 0.5, 2.0]);
        let expected: Vec<Seen> = rows.iter().map(expected).collect();
        let settings = OutputSettings { row_group_bytes: group, ..settings(all_columns()) };
        let parquet = root.path().join("rows.parquet");
        publish(&parquet, settings.clone(), &rows).unwrap();
        let read = read_parquet(&parquet);
        prop_assert_eq!(&seen(&read), &expected);
        let batch = record_batch(&column_set(all_columns()), &batch_of(&rows)).unwrap();
        prop_assert_eq!(&seen(&[batch]), &expected);
        prop_assert_eq!(read[0].schema(), schema(&column_set(all_columns())));
    }
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let root = tempdir().unwrap();
    let rows = rows(7, 700, 3000, &[1.0]);
    for columns in [trl(), Columns::Preset(ColumnPreset::Axolotl)] {
        let mut digests = Vec::new();
        for threads in [1, 2, 3, 8] {
            let settings = OutputSettings { row_group_bytes: 1 << 20, threads, ..settings(columns.clone()) };
            let sealed = seal(&root.path().join("rows.parquet"), settings, &rows).unwrap();
            digests.push(sealed.files()[0].clone());
        }
        assert!(digests.iter().all(|file| *file == digests[0]), "{digests:?}");
        assert_eq!(digests[0].rows, 700);
    }
}

#[test]
fn row_groups_follow_the_content_and_have_a_page_index() {
    let root = tempdir().unwrap();
    let rows = rows(3, 300, 8000, &[1.0]);
    let path = root.path().join("rows.parquet");
    publish(&path, OutputSettings { row_group_bytes: 4 << 20, ..settings(trl()) }, &rows).unwrap();
    let metadata = metadata(&path);
    let tokens: usize = rows.iter().map(Row::len).sum();
    let groups = metadata.row_groups();
    assert_eq!(groups.len(), tokens.div_ceil(1 << 20), "{tokens} tokens");
    for (index, group) in groups.iter().enumerate() {
        let size = group.column(0).uncompressed_size();
        let last = index + 1 == groups.len();
        assert!(last || (4 << 20..(4 << 20) + 200_000).contains(&size), "{size}");
        let page_index = metadata.page_index_for_row_group(index);
        let pages = page_index.page_locations(0).unwrap();
        assert!(page_index.column_index(0).is_some());
        assert_eq!(pages.len(), (size as usize).div_ceil((1 << 20) + 60_000), "{size}");
        let statistics = group.column(0).statistics().unwrap();
        assert!(statistics.max_bytes_opt().is_some() && statistics.null_count_opt() == Some(0));
        let mask = group.column(1);
        assert!(mask.compressed_size() * 8 < mask.num_values(), "{}", mask.compressed_size());
    }
    let file = metadata.file_metadata();
    assert!(file.created_by().unwrap().starts_with("tooltrain_fast version "));
    assert_eq!(footer(&path), format!("{{\"rows\": 300, \"tokens\": {tokens}}}"));
}

#[test]
fn an_arrow_file_holds_the_same_rows_and_the_footer() {
    let root = tempdir().unwrap();
    let rows = rows(5, 500, 5000, &[1.0]);
    let path = root.path().join("rows.arrow");
    publish(&path, settings(trl()), &rows).unwrap();
    let reader = FileReader::try_new(File::open(&path).unwrap(), None).unwrap();
    assert!(reader.custom_metadata()["tooltrain_fast"].contains("\"rows\": 500"));
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    assert!(batches.len() > 1);
    let expected: Vec<Seen> = rows
        .iter()
        .map(expected)
        .map(|seen| Seen { attention: vec![], positions: vec![], weights: vec![], ..seen })
        .collect();
    assert_eq!(seen(&batches), expected);
}

#[test]
fn a_directory_has_bounded_parts_with_their_own_counts() {
    let root = tempdir().unwrap();
    let rows = rows(9, 400, 5000, &[1.0]);
    let out = root.path().join("packed");
    let settings = OutputSettings { row_group_bytes: 256 << 10, part_bytes: 2 << 20, ..settings(trl()) };
    let sealed = seal(&out, settings, &rows).unwrap();
    let files = sealed.files().to_vec();
    sealed.publish(None, b"{}\n").unwrap();
    assert!(files.len() > 3, "{files:?}");
    let mut read = Vec::new();
    for (number, file) in files.iter().enumerate() {
        assert_eq!(file.name, format!("part-{number:05}.parquet"));
        let path = out.join(&file.name);
        assert_eq!(path.metadata().unwrap().len(), file.bytes);
        assert!(file.bytes < (2 << 20) + 20_000, "{file:?}");
        assert!(footer(&path).starts_with(&format!("{{\"rows\": {},", file.rows)));
        read.extend(seen(&read_parquet(&path)));
    }
    assert_eq!(read.len(), 400);
    assert!(read.iter().zip(&rows).all(|(seen, row)| seen.ids == expected(row).ids));
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["rows"], 400);
    assert_eq!(manifest["files"].as_array().unwrap().len(), files.len());
    assert_eq!(manifest["files"][1]["sha256"], files[1].sha256.as_str());
}

#[test]
fn no_rows_make_a_valid_file_without_rows() {
    let root = tempdir().unwrap();
    for name in ["rows.parquet", "rows.arrow", "rows/"] {
        publish(&root.path().join(name), settings(trl()), &[]).unwrap();
    }
    for path in [root.path().join("rows.parquet"), root.path().join("rows/part-00000.parquet")] {
        assert_eq!(read_parquet(&path).len(), 0);
        assert_eq!(footer(&path), "{\"rows\": 0, \"tokens\": 0}");
    }
    let reader = FileReader::try_new(File::open(root.path().join("rows.arrow")).unwrap(), None).unwrap();
    assert_eq!(reader.schema().fields().len(), 5);
}

#[test]
fn the_digest_is_the_files_own() {
    let root = tempdir().unwrap();
    let path = root.path().join("rows.parquet");
    let sealed = seal(&path, settings(trl()), &rows(1, 20, 50, &[1.0])).unwrap();
    let file = sealed.files()[0].clone();
    sealed.publish(None, b"{}\n").unwrap();
    let output = std::process::Command::new("sha256sum").arg(&path).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap(), file.sha256);
}

#[test]
fn a_weight_that_no_column_can_say_is_refused() {
    let root = tempdir().unwrap();
    let error = fails(seal(&root.path().join("rows.parquet"), settings(trl()), &rows(1, 5, 50, &[0.5])));
    assert_eq!(error.kind(), ErrorKind::Options);
    assert!(error.to_string().contains("loss_weights"), "{error}");
    let error = fails(record_batch(&column_set(trl()), &batch_of(&rows(1, 5, 50, &[0.5]))));
    assert_eq!(error.kind(), ErrorKind::Options);
    let empty = Row { samples: vec![Sample::default()] };
    let error = fails(seal(&root.path().join("rows.parquet"), settings(trl()), &[empty]));
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}
