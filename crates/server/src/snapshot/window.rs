//! A growing view of a byte stream: look ahead as far as needed, consume, and always know offset and line.

use std::io::{self, Read};

/// How much is asked of the stream at once.
const CHUNK: usize = 256 << 10;

/// The unread part of a stream. Memory is what the caller looks ahead, plus one chunk.
pub(super) struct Window<'a> {
    source: &'a mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    line: u64,
    /// Bytes since the start of the line.
    column: u64,
    ended: bool,
    failure: Option<io::Error>,
}

/// A place in a stream: byte offset from 0, line and column (in bytes) from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) line: u64,
    pub(super) column: u64,
}

impl<'a> Window<'a> {
    pub(super) fn new(source: &'a mut dyn Read) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            line: 1,
            column: 0,
            ended: false,
            failure: None,
        }
    }

    /// What has been read and not consumed.
    pub(super) fn ahead(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Where the first unconsumed byte is.
    pub(super) fn place(&self) -> Place {
        Place { offset: self.offset, line: self.line, column: self.column + 1 }
    }

    /// Reads more; false at the end of the stream, also when the end is a failure.
    pub(super) fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.start > self.buffer.len() / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.buffer.len() - self.end < CHUNK {
            // Doubling keeps the copies linear when a single value grows to its limit.
            self.buffer.resize((self.buffer.len() * 2).max(self.end + CHUNK), 0);
        }
        loop {
            let free = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.source.read(free) {
                Ok(0) => {
                    self.ended = true;
                    return false;
                }
                Ok(count) => {
                    self.end += count;
                    return true;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(error);
                    self.ended = true;
                    return false;
                }
            }
        }
    }

    /// Looks ahead at least `count` bytes, fewer at the end of the stream.
    pub(super) fn fill(&mut self, count: usize) -> &[u8] {
        while self.end - self.start < count && self.more() {}
        self.ahead()
    }

    /// Drops the first `count` unconsumed bytes.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        let consumed = self.buffer.get(self.start..self.start + count).unwrap_or_default();
        (self.line, self.column) = advance(self.line, self.column, consumed);
        self.start += count;
        self.offset += count as u64;
    }

    /// Gives memory back after something large was looked at.
    pub(super) fn shrink(&mut self) {
        if self.buffer.len() > 8 * CHUNK && self.end - self.start < CHUNK {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            self.buffer.truncate(self.end + CHUNK);
            self.buffer.shrink_to_fit();
        }
    }

    /// Why the stream ended early, if it did.
    pub(super) fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }
}

impl Read for Window<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && !self.more() {
            return self.failure.take().map_or(Ok(0), Err);
        }
        let mut bytes = self.ahead();
        let count = bytes.read(out)?;
        // Lines mean nothing to a reader of raw bytes, so they are not counted here.
        self.start += count;
        self.offset += count as u64;
        Ok(count)
    }
}

fn advance(line: u64, column: u64, bytes: &[u8]) -> (u64, u64) {
    match memchr::memrchr(b'\n', bytes) {
        None => (line, column + bytes.len() as u64),
        Some(last) => {
            let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
            (line + lines, (bytes.len() - last - 1) as u64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_what_is_consumed() {
        let mut source: &[u8] = b"ab\ncd\n\nef";
        let mut window = Window::new(&mut source);
        assert_eq!(window.fill(4), b"ab\ncd\n\nef");
        window.consume(5);
        assert_eq!(window.place(), Place { offset: 5, line: 2, column: 3 });
        window.consume(100);
        assert_eq!(window.place(), Place { offset: 9, line: 4, column: 3 });
        assert!(!window.more());
        assert!(window.failure().is_none());
    }

    #[test]
    fn memory_stays_near_what_is_looked_at() {
        let mut source = io::repeat(b'x').take(64 << 20);
        let mut window = Window::new(&mut source);
        while !window.fill(1000).is_empty() {
            let count = window.ahead().len().min(999);
            window.consume(count);
        }
        assert!(window.buffer.len() <= 4 * CHUNK, "{}", window.buffer.len());
        assert_eq!(window.place().offset, 64 << 20);
    }
}
