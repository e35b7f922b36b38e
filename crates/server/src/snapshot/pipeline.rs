//! Threads: one reads, some work, the caller's merges.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use thingwarden_engine::fleet::Fact;

use super::batch::{Batch, Label};
use super::digest::{Digested, DigestedPart, Placed, Shared, digest};
use super::feeder::Feeder;
use super::items::Item;
use super::walk::Found;
use super::{Progress, Stats};

/// Reads `files` in order and hands what is in them to `take`, in input order. Gives files and bytes read.
pub(super) fn run(
    files: &[Found],
    jobs: usize,
    shared: &Shared<'_>,
    progress: &dyn Progress,
    take: &mut dyn FnMut(DigestedPart),
) -> Stats {
    let jobs = jobs.clamp(1, 256);
    // One is being filled, each worker has one, and as many wait before and after them.
    let buffers = jobs * 3 + 1;
    let (give_back, spare) = sync_channel::<Vec<u8>>(buffers);
    for _ in 0..buffers {
        // There is room for all of them.
        let _ = give_back.send(Vec::new());
    }
    let (to_workers, batches) = sync_channel::<Batch>(buffers);
    let (to_merge, digested) = sync_channel::<Digested>(buffers);
    let batches = Mutex::new(batches);
    let batches = &batches;
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut feeder = Feeder::new(to_workers, spare, progress);
            files.iter().for_each(|file| feeder.file(file));
            feeder.finish()
        });
        for _ in 0..jobs {
            let to_merge = to_merge.clone();
            scope.spawn(move || {
                while let Some(batch) = next(batches) {
                    let number = batch.number;
                    let label = batch.parts.first().map(|part| Arc::clone(&part.label)).unwrap_or_default();
                    let done = catch_unwind(AssertUnwindSafe(|| digest(batch, shared)));
                    if to_merge.send(done.unwrap_or_else(|_| failed(number, label))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(to_merge);
        // Workers finish in any order. No more than `buffers` can wait here.
        let mut waiting = BTreeMap::new();
        let mut expected = 0;
        for done in digested {
            waiting.insert(done.number, done);
            while let Some(done) = waiting.remove(&expected) {
                expected += 1;
                done.parts.into_iter().for_each(&mut *take);
                // The reader may be finished already.
                let _ = give_back.send(done.buffer);
            }
        }
        let (files, bytes) = reader.join().unwrap_or_default();
        Stats { files, bytes, ..Stats::default() }
    })
}

/// A mistake of ours costs a batch, not the audit.
fn failed(number: u64, label: Arc<Label>) -> Digested {
    let what = "an internal failure while reading records from here on; please report this".to_owned();
    let item =
        Item::Broken { what, facts: vec![Fact::CaCertificates, Fact::DeviceCertificates, Fact::Policies] };
    let items = vec![Placed { at: None, item }];
    Digested { number, buffer: Vec::new(), parts: vec![DigestedPart { label, items }] }
}

/// Waits for a batch. Only one worker waits in the channel at a time; the others wait for the lock.
fn next(batches: &Mutex<Receiver<Batch>>) -> Option<Batch> {
    batches.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
