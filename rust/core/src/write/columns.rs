//! Which columns are written.

use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::nearest::nearest;
use crate::options::{ColumnPreset, Columns, Loss, Options};

/// A column of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Token ids: `list<int32>`.
    InputIds,
    /// 1 where a token is trained, aligned to the token itself: `list<int8>`.
    LossMask,
    /// The id where a token is trained, else -100, unshifted: `list<int32>`.
    Labels,
    /// 1 for every token: `list<int8>`.
    AttentionMask,
    /// The place of each token in its sample: `list<int32>`.
    PositionIds,
    /// Tokens of each sample: `list<int32>`.
    SeqLengths,
    /// The record of each sample: `list<struct<shard: int32, line: int64, part: int32>>`.
    Sources,
    /// The loss weight of each token: `list<float32>`.
    LossWeights,
}

impl Column {
    /// Every column that can be named.
    pub const ALL: [Column; 8] = [
        Column::InputIds,
        Column::LossMask,
        Column::Labels,
        Column::AttentionMask,
        Column::PositionIds,
        Column::SeqLengths,
        Column::Sources,
        Column::LossWeights,
    ];

    /// Its name in the schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Column::InputIds => "input_ids",
            Column::LossMask => "loss_mask",
            Column::Labels => "labels",
            Column::AttentionMask => "attention_mask",
            Column::PositionIds => "position_ids",
            Column::SeqLengths => "seq_lengths",
            Column::Sources => "sources",
            Column::LossWeights => "loss_weights",
        }
    }
}

/// The columns of an output, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSet {
    columns: Vec<Column>,
}

impl ColumnSet {
    /// The columns that the options ask for. A preset gets `loss_weights` besides when the loss
    /// weights of the options are not all 0 or 1, since a mask could not say them.
    pub fn from_options(options: &Options) -> Result<Self> {
        let mut set = Self::named(&options.columns)?;
        let preset = matches!(options.columns, Columns::Preset(ColumnPreset::Trl));
        if has_fractions(options.loss.as_ref()) && !set.can_say_weights() {
            if !preset {
                return Err(Error::new(
                    ErrorCode::ConflictingOptions,
                    "a weight is neither 0 nor 1, and no column has room for it",
                )
                .option("loss")
                .hint("name the columns and add \"loss_weights\", or use weights 0 and 1"));
            }
            set.columns.push(Column::LossWeights);
        }
        Ok(set)
    }

    fn named(columns: &Columns) -> Result<Self> {
        let columns = match columns {
            Columns::Preset(ColumnPreset::Trl) => {
                vec![Column::InputIds, Column::LossMask, Column::Labels, Column::SeqLengths, Column::Sources]
            }
            Columns::Preset(ColumnPreset::Axolotl) => {
                vec![Column::InputIds, Column::AttentionMask, Column::Labels]
            }
            Columns::Names(names) => names.iter().map(|name| by_name(name)).collect::<Result<_>>()?,
        };
        for (index, column) in columns.iter().enumerate() {
            if columns[..index].contains(column) {
                return Err(Error::new(ErrorKind::Options, format!("{:?} is named twice", column.name()))
                    .option("columns"));
            }
        }
        if columns.is_empty() {
            return Err(Error::new(ErrorKind::Options, "none is named")
                .option("columns")
                .hint("name \"input_ids\" at least"));
        }
        Ok(Self { columns })
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether the columns can say a loss weight that is neither 0 nor 1. If they cannot, a row with
    /// one is refused when it is written.
    #[must_use]
    pub fn can_say_weights(&self) -> bool {
        self.columns.contains(&Column::LossWeights)
    }
}

fn by_name(name: &str) -> Result<Column> {
    Column::ALL.into_iter().find(|column| column.name() == name).ok_or_else(|| {
        let known: Vec<&str> = Column::ALL.into_iter().map(Column::name).collect();
        let hint = match nearest(name, known.iter().copied()) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None => format!("a preset (\"trl\", \"axolotl\"), or a list of: {}", known.join(", ")),
        };
        Error::new(ErrorKind::Options, format!("there is no column {name:?}")).option("columns").hint(hint)
    })
}

fn has_fractions(loss: Option<&Loss>) -> bool {
    match loss {
        Some(Loss::Weights(weights)) => {
            weights.values().any(|weight| *weight != 0.0 && (*weight - 1.0).abs() > 0.0)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(columns: Columns) -> Options {
        Options { columns, ..Options::default() }
    }

    #[test]
    fn presets_and_names_select_columns_in_order() {
        let names = |columns| {
            let set = ColumnSet::from_options(&options(columns)).unwrap();
            set.columns().iter().map(|column| column.name()).collect::<Vec<_>>()
        };
        assert_eq!(
            names(Columns::Preset(ColumnPreset::Trl)),
            ["input_ids", "loss_mask", "labels", "seq_lengths", "sources"]
        );
        assert_eq!(names(Columns::Preset(ColumnPreset::Axolotl)), ["input_ids", "attention_mask", "labels"]);
        assert_eq!(names(Columns::Names(vec!["labels".into(), "input_ids".into()])), ["labels", "input_ids"]);
    }

    #[test]
    fn fractional_loss_weights_add_a_column_to_the_preset() {
        let loss = |weight| Some(Loss::Weights([("content".to_owned(), weight)].into()));
        let set =
            |weight| ColumnSet::from_options(&Options { loss: loss(weight), ..Options::default() }).unwrap();
        assert!(set(0.5).can_say_weights() && !set(1.0).can_say_weights() && !set(0.0).can_say_weights());
    }

    #[test]
    fn fractional_loss_weights_need_a_column_that_says_them() {
        let with = |columns| {
            let loss = Some(Loss::Weights([("text".to_owned(), 0.5)].into()));
            ColumnSet::from_options(&Options { loss, columns, ..Options::default() })
        };
        for mute in [Columns::Preset(ColumnPreset::Axolotl), Columns::Names(vec!["labels".into()])] {
            assert_eq!(with(mute).unwrap_err().kind(), ErrorKind::Options);
        }
        let names = vec!["loss_weights".into(), "input_ids".into()];
        assert_eq!(with(Columns::Names(names)).unwrap().columns().len(), 2);
    }

    #[test]
    fn unknown_and_repeated_names_are_refused() {
        for names in [vec!["ids"], vec!["labels", "labels"], vec![]] {
            let names = names.into_iter().map(String::from).collect();
            let error = ColumnSet::from_options(&options(Columns::Names(names))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Options);
        }
    }
}
