//! Letters and answers that something is still to be done about: a record of the vault, so that none is
//! forgotten by a crash, and none is repeated without end.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::identity::text;
use crate::live::News;
use crate::vault::Vault;

/// Jobs in the record. Further ones wait at the exchange: their events are not counted as seen.
pub(crate) const MAX_JOBS: usize = 200;

/// Something that is still to be done about an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    /// The event's number.
    pub(crate) number: u64,
    /// Index of the leaf.
    pub(crate) index: u64,
    /// The sender of the message.
    #[serde(with = "text::one")]
    pub(crate) from: Id,
    /// The message.
    #[serde(with = "text::one")]
    pub(crate) id: Id,
    /// How often it was begun.
    pub(crate) tries: u32,
    /// How often its file was begun and not finished.
    #[serde(default)]
    pub(crate) file_tries: u32,
    /// What is left of it.
    pub(crate) left: Left,
}

/// What is left of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Left {
    /// Everything.
    All,
    /// The file only: it could not be written.
    File,
}

/// The jobs of one duty.
#[derive(Debug)]
pub(crate) struct Queue {
    record: &'static str,
    stored: Stored,
    /// Events that found no room.
    outside: VecDeque<News>,
    /// The number after the last event that was seen.
    end: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Number of the first event that is not seen.
    next: u64,
    jobs: Vec<Job>,
}

impl Queue {
    /// The queue of a record; a new one begins with the event `begin`, and is written at once: were it
    /// written with its first job, a crash before that would count what came meanwhile as older.
    ///
    /// # Errors
    /// As [`Vault::read_json`] and [`Vault::write_json`].
    pub(crate) fn open(vault: &Vault, record: &'static str, begin: u64) -> Result<Self, Failure> {
        let stored = vault.read_json(record)?;
        let is_new = stored.is_none();
        let stored: Stored = stored.unwrap_or(Stored { next: begin, jobs: Vec::new() });
        let end = stored.next;
        let queue = Self { record, stored, outside: VecDeque::new(), end };
        if is_new {
            queue.save(vault)?;
        }
        Ok(queue)
    }

    /// Number of the first event that is not seen: a watch has to begin there.
    pub(crate) fn next(&self) -> u64 {
        self.stored.next
    }

    /// Takes in events; those of an earlier watch change nothing.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub(crate) fn push(
        &mut self,
        vault: &Vault,
        news: impl IntoIterator<Item = News>,
        next: u64,
    ) -> Result<(), Failure> {
        let end = self.end;
        self.outside.extend(news.into_iter().filter(|one| one.number >= end));
        self.end = self.end.max(next);
        let before = self.stored.jobs.len();
        self.admit();
        if self.stored.jobs.len() > before { self.save(vault) } else { Ok(()) }
    }

    /// A new watch begins from [`Self::next`]: what found no room comes again.
    pub(crate) fn begin_anew(&mut self) {
        self.outside.clear();
        self.end = self.stored.next;
    }

    /// The jobs, oldest first.
    pub(crate) fn jobs(&self) -> &[Job] {
        &self.stored.jobs
    }

    /// Writes that a job's command is begun, before it is: after a crash it is known how often. Its file
    /// is done with for now.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub(crate) fn begin(&mut self, vault: &Vault, number: u64) -> Result<(), Failure> {
        self.change(vault, number, |job| {
            job.tries += 1;
            job.file_tries = 0;
        })
    }

    /// Writes that a job's file is begun, before it is.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub(crate) fn begin_file(&mut self, vault: &Vault, number: u64) -> Result<(), Failure> {
        self.change(vault, number, |job| job.file_tries += 1)
    }

    /// Writes that the folder refused the file: this says nothing about the letter.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub(crate) fn forgive_file(&mut self, vault: &Vault, number: u64) -> Result<(), Failure> {
        self.change(vault, number, |job| job.file_tries = 0)
    }

    /// Writes that only the file is left of a job.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub(crate) fn leave_file(&mut self, vault: &Vault, number: u64) -> Result<(), Failure> {
        self.change(vault, number, |job| job.left = Left::File)
    }

    /// Writes that a job is done.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub(crate) fn done(&mut self, vault: &Vault, number: u64) -> Result<(), Failure> {
        self.stored.jobs.retain(|job| job.number != number);
        self.admit();
        self.save(vault)
    }

    fn change(
        &mut self,
        vault: &Vault,
        number: u64,
        change: impl FnOnce(&mut Job),
    ) -> Result<(), Failure> {
        if let Some(job) = self.stored.jobs.iter_mut().find(|job| job.number == number) {
            change(job);
        }
        self.save(vault)
    }

    fn admit(&mut self) {
        while self.stored.jobs.len() < MAX_JOBS {
            let Some(News { number, index, from, id }) = self.outside.pop_front() else {
                self.stored.next = self.end;
                return;
            };
            self.stored.jobs.push(Job {
                number,
                index,
                from,
                id,
                tries: 0,
                file_tries: 0,
                left: Left::All,
            });
            self.stored.next = number + 1;
        }
    }

    fn save(&self, vault: &Vault) -> Result<(), Failure> {
        Ok(vault.write_json(self.record, &self.stored)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Home;

    fn news(numbers: std::ops::Range<u64>) -> Vec<News> {
        let one = |number| News { number, index: number, from: Id([1; 16]), id: Id([2; 16]) };
        numbers.map(one).collect()
    }

    fn numbers(queue: &Queue) -> Vec<u64> {
        queue.jobs().iter().map(|job| job.number).collect()
    }

    #[test]
    fn jobs_survive_and_what_found_no_room_is_asked_for_again() {
        let home = Home::at(1);
        let vault = home.ctx.open_or_create_vault().unwrap();
        let open = || Queue::open(&vault, "agent/test", 5).unwrap();
        let mut queue = open();
        assert_eq!(queue.next(), 5);
        let all = 5 + MAX_JOBS as u64 + 10;
        queue.push(&vault, news(5..all), all).unwrap();
        assert_eq!(queue.jobs().len(), MAX_JOBS);
        assert_eq!(queue.next(), 5 + MAX_JOBS as u64);
        queue.begin(&vault, 5).unwrap();
        // A crash: what was begun is known to have been, the rest comes again.
        let mut queue = open();
        assert_eq!((queue.jobs()[0].tries, queue.next()), (1, 5 + MAX_JOBS as u64));
        queue.push(&vault, news(5..all), all).unwrap();
        for number in 5..all {
            assert_eq!(numbers(&queue)[0], number);
            queue.done(&vault, number).unwrap();
        }
        assert!(open().jobs().is_empty());
        assert_eq!(open().next(), all);
    }

    #[test]
    fn tries_of_a_file_survive_until_its_folder_or_its_command_takes_the_blame() {
        let home = Home::at(1);
        let vault = home.ctx.open_or_create_vault().unwrap();
        let open = || Queue::open(&vault, "agent/test", 0).unwrap();
        open().push(&vault, news(0..1), 1).unwrap();
        let tries = || (open().jobs()[0].tries, open().jobs()[0].file_tries);
        open().begin_file(&vault, 0).unwrap();
        open().begin_file(&vault, 0).unwrap();
        assert_eq!(tries(), (0, 2));
        open().forgive_file(&vault, 0).unwrap();
        open().begin_file(&vault, 0).unwrap();
        assert_eq!(tries(), (0, 1));
        open().begin(&vault, 0).unwrap();
        assert_eq!(tries(), (1, 0));
    }

    #[test]
    fn where_a_queue_began_survives_a_crash_before_its_first_job() {
        let home = Home::at(1);
        let vault = home.ctx.open_or_create_vault().unwrap();
        drop(Queue::open(&vault, "agent/test", 5).unwrap());
        // Another command took in events meanwhile.
        assert_eq!(Queue::open(&vault, "agent/test", 9).unwrap().next(), 5);
    }

    #[test]
    fn a_new_watch_repeats_nothing_that_is_in_the_record() {
        let home = Home::at(1);
        let vault = home.ctx.open_or_create_vault().unwrap();
        let mut queue = Queue::open(&vault, "agent/test", 0).unwrap();
        queue.push(&vault, news(0..3), 3).unwrap();
        queue.begin_anew();
        queue.push(&vault, news(0..4), 4).unwrap();
        assert_eq!(numbers(&queue), [0, 1, 2, 3]);
        queue.leave_file(&vault, 2).unwrap();
        assert_eq!(queue.jobs()[2].left, Left::File);
    }
}
