use tempfile::tempdir;
use tooltrain_core::ErrorKind;
use tooltrain_core::read::PackedArrow;

use super::common::{fails, write};
use super::made_rows::{Numbers, publish, rows, settings, trl};

#[test]
fn written_files_are_read_back() {
    let root = tempdir().unwrap();
    let out = root.path().join("a.arrow");
    publish(&out, settings(trl()), &rows(1, 40, 90, &[1.0])).unwrap();
    let mut file = PackedArrow::open(&out).unwrap();
    assert!(file.metadata().contains_key("tooltrain_fast"));
    let counted: usize = (0..file.batches()).map(|index| file.batch(index).unwrap().num_rows()).sum();
    assert_eq!(counted, 40);
    assert_eq!(fails(file.batch(99)).kind(), ErrorKind::Read);
}

#[test]
fn a_damaged_file_is_an_error_and_not_the_end() {
    let root = tempdir().unwrap();
    let out = root.path().join("a.arrow");
    publish(&out, settings(trl()), &rows(1, 5, 9, &[1.0])).unwrap();
    let sound = std::fs::read(&out).unwrap();
    let mut numbers = Numbers::new(7);
    let mut refused = 0;
    for round in 0..3000 {
        let mut bytes = sound.clone();
        if round % 10 == 0 {
            bytes.truncate(numbers.below(sound.len() as u64) as usize);
        } else {
            // Metadata is where damage does harm: at the end, and before each batch.
            let start = if round % 2 == 0 { sound.len() - sound.len() / 2 } else { 0 };
            for _ in 0..=numbers.below(4) {
                let at = start + numbers.below((sound.len() - start) as u64) as usize;
                bytes[at] = numbers.below(256) as u8;
            }
        }
        let path = write(&root.path().join("damaged.arrow"), &bytes);
        let read = PackedArrow::open(&path)
            .and_then(|mut file| (0..file.batches()).try_for_each(|index| file.batch(index).map(drop)));
        if let Err(error) = read {
            assert_eq!(error.kind(), ErrorKind::Read, "{error}");
            refused += 1;
        }
    }
    assert!(refused > 300, "{refused}");
}
