//! A Parquet file made of finished pages.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, Type as PhysicalType, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, KeyValue, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnDescPtr;

use super::columns::{Column, ColumnSet};
use super::leaf::{Bound, Leaf, ValueForm};
use super::page::{EncodedPage, PageSet, bit_dictionary_page, statistics};
use super::staged_file::DigestWriter;

type Result<T> = std::result::Result<T, ParquetError>;

/// Key of the footer under which one JSON describes the run.
pub(super) const FOOTER_KEY: &str = "tooltrain_fast";

/// A file under construction: finished row groups in the file, the pages of one in memory.
pub(super) struct ParquetFile {
    writer: SerializedFileWriter<DigestWriter>,
    chunks: Vec<Chunk>,
    leaves: Vec<Leaf>,
}

impl ParquetFile {
    pub(super) fn create(sink: DigestWriter, columns: &ColumnSet) -> Result<Self> {
        let schema = Arc::new(parse_message_type(&message_type(columns))?);
        let properties = WriterProperties::builder()
            .set_created_by(concat!("tooltrain_fast version ", env!("CARGO_PKG_VERSION")).into())
            .set_compression(codec()?)
            .build();
        let writer = SerializedFileWriter::new(sink, schema, Arc::new(properties))?;
        Ok(Self { writer, chunks: Vec::new(), leaves: leaves(columns) })
    }

    /// Adds pages to the open row group.
    pub(super) fn add(&mut self, set: PageSet) -> Result<()> {
        if self.chunks.is_empty() {
            let descriptors = self.writer.schema_descr().columns().to_vec();
            let leaves = self.leaves.iter().zip(descriptors);
            self.chunks =
                leaves.map(|(leaf, descriptor)| Chunk::new(*leaf, descriptor)).collect::<Result<_>>()?;
        }
        for (chunk, page) in self.chunks.iter_mut().zip(set.pages) {
            chunk.add(&page, set.counts.rows);
        }
        Ok(())
    }

    /// Writes the open row group, if it has rows.
    pub(super) fn end_row_group(&mut self) -> Result<()> {
        if self.chunks.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for chunk in self.chunks.drain(..) {
            let (bytes, close) = chunk.close()?;
            group.append_column(&bytes, close)?;
        }
        group.close()?;
        Ok(())
    }

    /// Bytes of the finished row groups.
    pub(super) fn bytes_written(&self) -> u64 {
        self.writer.bytes_written() as u64
    }

    /// Writes the footer and makes the file durable; returns its size and SHA-256.
    pub(super) fn finish(mut self, footer: String) -> Result<(u64, String)> {
        self.end_row_group()?;
        self.writer.append_key_value_metadata(KeyValue::new(FOOTER_KEY.into(), footer));
        self.writer.finish()?;
        Ok(self.writer.inner_mut().finish()?)
    }
}

pub(super) fn leaves(columns: &ColumnSet) -> Vec<Leaf> {
    columns.columns().iter().flat_map(|column| Leaf::of(*column)).copied().collect()
}

fn codec() -> Result<Compression> {
    Ok(Compression::ZSTD(ZstdLevel::try_new(1)?))
}

/// The schema: lists and their elements are never null, and elements are called `element` as the
/// format wants them.
fn message_type(columns: &ColumnSet) -> String {
    let lists = columns.columns().iter().map(|column| {
        let element = match column {
            Column::LossMask | Column::AttentionMask => "required int32 element (INTEGER(8,true));",
            Column::LossWeights => "required float element;",
            Column::Sources => {
                "required group element { required int32 shard; required int64 line; required int32 part; }"
            }
            _ => "required int32 element;",
        };
        format!("required group {} (LIST) {{ repeated group list {{ {element} }} }}", column.name())
    });
    format!("message schema {{ {} }}", lists.collect::<Vec<_>>().join(" "))
}

/// One column chunk of the open row group.
struct Chunk {
    leaf: Leaf,
    descriptor: ColumnDescPtr,
    bytes: Vec<u8>,
    /// Bytes of the dictionary page, which stands first where there is one.
    dictionary: usize,
    uncompressed: u64,
    values: u64,
    rows: u64,
    pages: i32,
    bounds: Option<(Bound, Bound)>,
    offsets: OffsetIndexBuilder,
    index: ColumnIndexBuilder,
}

impl Chunk {
    fn new(leaf: Leaf, descriptor: ColumnDescPtr) -> Result<Self> {
        let physical = match leaf.form() {
            ValueForm::Int64 => PhysicalType::INT64,
            ValueForm::Float32 => PhysicalType::FLOAT,
            ValueForm::Int32 | ValueForm::Bits => PhysicalType::INT32,
        };
        let (bytes, uncompressed) = match leaf.form() {
            ValueForm::Bits => {
                bit_dictionary_page().map_err(|error| ParquetError::External(Box::new(error)))?
            }
            _ => (Vec::new(), 0),
        };
        Ok(Self {
            leaf,
            descriptor,
            dictionary: bytes.len(),
            bytes,
            uncompressed,
            values: 0,
            rows: 0,
            pages: 0,
            bounds: None,
            offsets: OffsetIndexBuilder::new(),
            index: ColumnIndexBuilder::new(physical),
        })
    }

    fn add(&mut self, page: &EncodedPage, rows: u64) {
        self.offsets.append_offset_and_size(self.bytes.len() as i64, page.bytes.len() as i32);
        self.offsets.append_row_count(rows as i64);
        self.index.append(false, page.least.to_bytes(), page.most.to_bytes(), 0, None);
        self.bounds = Some(match self.bounds {
            None => (page.least, page.most),
            Some((least, most)) => (least.lesser(page.least), most.greater(page.most)),
        });
        self.bytes.extend_from_slice(&page.bytes);
        self.uncompressed += page.uncompressed;
        self.values += u64::from(page.values);
        self.rows += rows;
        self.pages += 1;
    }

    fn close(self) -> Result<(Bytes, ColumnCloseResult)> {
        let has_dictionary = self.dictionary > 0;
        let value_encoding = if has_dictionary { Encoding::RLE_DICTIONARY } else { Encoding::PLAIN };
        let mut encodings = vec![Encoding::PLAIN, Encoding::RLE];
        let mut page_counts = Vec::new();
        if has_dictionary {
            encodings.push(Encoding::RLE_DICTIONARY);
            page_counts.push(PageEncodingStats {
                page_type: PageType::DICTIONARY_PAGE,
                encoding: Encoding::PLAIN,
                count: 1,
            });
        }
        page_counts.push(PageEncodingStats {
            page_type: PageType::DATA_PAGE,
            encoding: value_encoding,
            count: self.pages,
        });
        let mut metadata = ColumnChunkMetaData::builder(self.descriptor)
            .set_compression(codec()?)
            .set_encodings(encodings)
            .set_page_encoding_stats(page_counts)
            .set_num_values(self.values as i64)
            .set_total_compressed_size(self.bytes.len() as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_dictionary_page_offset(has_dictionary.then_some(0))
            .set_data_page_offset(self.dictionary as i64);
        if let Some(statistics) = self.bounds.and_then(|(least, most)| statistics(least, most)) {
            metadata = metadata.set_statistics(statistics);
        }
        let close = ColumnCloseResult {
            bytes_written: self.bytes.len() as u64,
            rows_written: self.rows,
            metadata: metadata.build()?,
            bloom_filter: None,
            column_index: Some(self.index.build()?),
            offset_index: Some(self.offsets.build()),
        };
        debug_assert!(self.leaf.form() == ValueForm::Bits || !has_dictionary);
        Ok((Bytes::from(self.bytes), close))
    }
}

impl Bound {
    fn to_bytes(self) -> Vec<u8> {
        match self {
            Bound::Int32(value) => value.to_le_bytes().to_vec(),
            Bound::Int64(value) => value.to_le_bytes().to_vec(),
            Bound::Float32(value) => value.to_le_bytes().to_vec(),
        }
    }

    fn lesser(self, other: Bound) -> Bound {
        if self.exceeds(other) { other } else { self }
    }

    fn greater(self, other: Bound) -> Bound {
        if self.exceeds(other) { self } else { other }
    }

    fn exceeds(self, other: Bound) -> bool {
        match (self, other) {
            (Bound::Int32(a), Bound::Int32(b)) => a > b,
            (Bound::Int64(a), Bound::Int64(b)) => a > b,
            (Bound::Float32(a), Bound::Float32(b)) => a > b,
            _ => false,
        }
    }
}
