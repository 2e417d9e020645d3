//! The numbered lines of a file; encodings other than UTF-8 are rejected by name.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use super::json::shorten;
use crate::error::{CorpusError, Fault, Place};

/// What some editors put at the beginning of a file.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// The longest line that is read, in bytes: no sentence is as long, and a file without line breaks, or a device without an
/// end, should not fill the memory.
pub(crate) const LONGEST_LINE: usize = 16 << 20;

/// The fault for text that should be short and has a byte order mark in it.
pub(crate) fn inner_byte_order_mark(text: &str) -> Fault {
    let shown = text.replace(BYTE_ORDER_MARK, "\\ufeff");
    Fault::new(format!("a byte order mark within the line, at `{}`", shorten(&shown)))
        .help("files were joined without a line break between them: remove the mark and break the line there")
}

/// A line without its ending.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Counted from 1.
    pub(crate) number: usize,
    pub(crate) text: String,
}

/// An iterator over the lines of a reader, which end in `\n` or `\r\n`. A byte order mark at the beginning of a
/// line, where files were joined, is dropped. A line that is not UTF-8 yields an error, after which the iterator continues with the next line; a read error, or a line longer than
/// [`LONGEST_LINE`], ends it.
pub(crate) struct Lines<R> {
    reader: R,
    path: PathBuf,
    number: usize,
    /// Bytes before the next line.
    offset: usize,
    failed: bool,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R, path: PathBuf) -> Self {
        Self { reader, path, number: 0, offset: 0, failed: false }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Line, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let mut bytes = Vec::new();
        self.number += 1;
        let limit = LONGEST_LINE as u64 + 1;
        match self.reader.by_ref().take(limit).read_until(b'\n', &mut bytes) {
            Ok(0) => return None,
            Ok(length) if length > LONGEST_LINE && !bytes.ends_with(b"\n") => {
                self.failed = true;
                let most = LONGEST_LINE >> 20;
                let fault = Fault::expected(format_args!("lines of at most {most} MiB"), "a longer one")
                    .help("if it is one JSON value, break it into a line for each instance; nothing after this line is read");
                return Some(Err(fault.in_file(&self.path, Place::Line(self.number)).into()));
            }
            Ok(length) => self.offset += length,
            Err(error) => {
                self.failed = true;
                let fault = Fault::new(format!("cannot be read: {error}"));
                return Some(Err(fault.in_file(&self.path, Place::Line(self.number)).into()));
            }
        }
        let offset = self.offset - bytes.len();
        let text = match utf8(bytes, offset) {
            Ok(text) => text,
            Err(fault) => return Some(Err(fault.in_file(&self.path, Place::Line(self.number)).into())),
        };
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Some(Ok(Line { number: self.number, text: text.to_owned() }))
    }
}

/// Decodes bytes that begin at `offset` in the file. A byte order mark at their beginning is dropped.
fn utf8(bytes: Vec<u8>, offset: usize) -> Result<String, Fault> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        not_utf8(offset + at, error.as_bytes()[at])
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

fn not_utf8(offset: usize, byte: u8) -> Fault {
    Fault::expected("UTF-8", format_args!("the byte 0x{byte:02x} at byte offset {offset}"))
        .help("convert the file, for example with `iconv -f WINDOWS-1252 -t UTF-8`")
}

/// Decodes a whole file.
pub(crate) fn decode(bytes: Vec<u8>, path: &Path) -> Result<String, CorpusError> {
    if let Err(error) = std::str::from_utf8(&bytes) {
        let at = error.valid_up_to();
        let line = bytes[..at].split(|byte| *byte == b'\n').count();
        return Err(not_utf8(at, bytes[at]).in_file(path, Place::Line(line)).into());
    }
    utf8(bytes, 0).map_err(|fault| fault.in_file(path, Place::Line(1)).into())
}

/// Rejects data whose first bytes show that it is in another encoding, is not text or has other line ends.
pub(crate) fn refuse_other_encodings(head: &[u8]) -> Result<(), Fault> {
    let sample = &head[..head.len().min(256)];
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let many = sample.len() / 4;
    let found = match sample {
        [0xff, 0xfe, ..] => "UTF-16 (little-endian)",
        [0xfe, 0xff, ..] => "UTF-16 (big-endian)",
        [0x1f, 0x8b, ..] => return Err(compressed("gzip")),
        [b'P', b'K', 3, 4, ..] => return Err(compressed("zip")),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => return Err(compressed("zstd")),
        [_, _, ..] if zeros(1) > many && zeros(0) == 0 => "UTF-16 (little-endian)",
        [_, _, ..] if zeros(0) > many && zeros(1) == 0 => "UTF-16 (big-endian)",
        _ => return refuse_bare_returns(head),
    };
    Err(Fault::expected("UTF-8", found).help("convert the file, for example with `iconv -f UTF-16 -t UTF-8`"))
}

/// Rejects lines that end in `\r` alone, because the file would be one line. JSON may have `\r` between values.
fn refuse_bare_returns(head: &[u8]) -> Result<(), Fault> {
    let sample = &head[..head.len().min(1 << 16)];
    let is_bare = |pair: &&[u8]| pair[0] == b'\r' && !matches!(pair[1], b'\n' | b'\r');
    let bare = sample.windows(2).filter(is_bare);
    let breaks = sample.split(|byte| *byte == b'\n').count() - 1;
    let is_json = match sample.trim_ascii_start() {
        [b'[', ..] => true,
        // JSON lines would go on with the next object.
        [b'{', ..] => !bare.clone().any(|pair| pair[1] == b'{'),
        _ => false,
    };
    // A cell of a table may have any line break in its quotes, which are closed.
    let mut quoted = false;
    let outside = sample.windows(2).filter(|pair| {
        quoted ^= pair[0] == b'"';
        !quoted && is_bare(pair)
    });
    let outside = outside.count();
    quoted ^= sample.ends_with(b"\"");
    let count = if quoted { bare.count() } else { outside };
    if is_json || count <= breaks {
        return Ok(());
    }
    let fault = Fault::expected("lines that end in \\n or \\r\\n", "lines that end in \\r alone");
    Err(fault.help("convert the file, for example with `tr '\\r' '\\n'`"))
}

fn compressed(kind: &str) -> Fault {
    Fault::expected("text in UTF-8", format_args!("{kind} data")).help("decompress the file first")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_bytes_name_offset_and_line_and_do_not_end_the_file() {
        let lines: Vec<_> = Lines::new(&b"\xef\xbb\xbfa\r\nb\xffc\nd"[..], PathBuf::from("f")).collect();
        assert_eq!(lines[0].as_ref().unwrap().text, "a");
        let error = lines[1].as_ref().unwrap_err();
        assert!(
            error.to_string().starts_with("f:2: expected UTF-8, found the byte 0xff at byte offset 7"),
            "{error}"
        );
        let last = lines[2].as_ref().unwrap();
        assert_eq!((last.number, last.text.as_str()), (3, "d"));
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn an_endless_line_is_an_error_and_not_all_memory() {
        let reader = std::io::BufReader::new(b"a\n".chain(std::io::repeat(b'x')));
        let lines: Vec<_> = Lines::new(reader, PathBuf::from("f")).collect();
        assert_eq!(lines.len(), 2);
        let error = lines[1].as_ref().unwrap_err().to_string();
        assert!(error.starts_with("f:2: expected lines of at most 16 MiB, found a longer one"), "{error}");
        // The longest that is read.
        let longest = [vec![b'x'; LONGEST_LINE], b"\nb".to_vec()].concat();
        let lines: Vec<_> = Lines::new(&longest[..], PathBuf::from("f")).map(Result::unwrap).collect();
        assert_eq!((lines[0].text.len(), &lines[1].text[..]), (LONGEST_LINE, "b"));
    }

    #[test]
    fn other_encodings_are_named() {
        let utf16: Vec<u8> = "[{\"id\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for head in [&utf16, &b"\xff\xfe["[..], b"\xfe\xff\0[", b"\x1f\x8b\x08"] {
            assert!(refuse_other_encodings(head).is_err(), "{head:?}");
        }
        assert!(refuse_other_encodings("Ünïcode".as_bytes()).is_ok());
    }

    #[test]
    fn lines_that_end_in_returns_alone_are_named() {
        for text in
            ["a\rb\r", "a \"b\"\rc\r", "a\"\rb\rc", "a\r\rb", "\u{feff}a\rb", "{\"a\": 1}\r{\"a\": 2}\r"]
        {
            assert!(refuse_other_encodings(text.as_bytes()).is_err(), "{text:?}");
        }
        for text in ["a,\"b\rc\rd\"\n", "a\r\nb\r\n", "a\r", "a\rb\nc\n", "[1,\r2]\r", "{\"a\":\r1}", ""] {
            assert!(refuse_other_encodings(text.as_bytes()).is_ok(), "{text:?}");
        }
    }
}
