//! A server on loopback that answers as it is told and remembers what it was asked.
#![allow(dead_code)]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What was asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
}

impl Asked {
    /// The first byte that is asked for.
    pub fn from(&self) -> Option<usize> {
        self.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Bytes of the body after which the connection ends.
    pub cut: Option<usize>,
    /// Pause between pieces of a kilobyte.
    pub pause: Option<Duration>,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut: None, pause: None }
    }

    pub fn ok(body: &[u8]) -> Self {
        Self { body: body.to_vec(), ..Self::status(200) }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn cut_after(self, bytes: usize) -> Self {
        Self { cut: Some(bytes), ..self }
    }

    pub fn slowly(self) -> Self {
        Self { pause: Some(Duration::from_millis(10)), ..self }
    }
}

/// A file as a server with ranges sends it: the rest, if the same file is asked for.
pub fn file(asked: &Asked, content: &[u8], etag: &str) -> Answer {
    match asked.from() {
        Some(from) if asked.headers.get("if-range").is_some_and(|tag| tag == etag) => {
            part(content, from, etag)
        }
        _ => Answer::ok(content).with("ETag", etag),
    }
}

/// The rest of a file, whether it is the same or not.
pub fn part(content: &[u8], from: usize, etag: &str) -> Answer {
    let range = format!("bytes {from}-{}/{}", content.len() - 1, content.len());
    Answer { body: content[from..].to_vec(), ..Answer::status(206) }
        .with("Content-Range", &range)
        .with("ETag", etag)
}

pub struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers each request by `answer`, which is told how many came before.
    pub fn start(answer: impl Fn(&Asked, usize) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                // Who goes away in the middle is no failure of the server.
                let _ = serve(&stream.unwrap(), &log, &answer);
            }
        });
        Self { port, asked }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: &TcpStream,
    log: &Mutex<Vec<Asked>>,
    answer: &impl Fn(&Asked, usize) -> Answer,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let asked = read(&mut reader)?;
        let before = {
            let mut log = log.lock().unwrap();
            log.push(asked.clone());
            log.len() - 1
        };
        if asked.method == "CONNECT" {
            // As a proxy, it is all servers itself.
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            continue;
        }
        let answer = answer(&asked, before);
        let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", answer.status);
        let _ = write!(head, "Content-Length: {}\r\n", answer.body.len());
        for (name, value) in &answer.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        let body = &answer.body[..answer.cut.unwrap_or(answer.body.len())];
        match answer.pause {
            None => stream.write_all(body)?,
            Some(pause) => {
                for piece in body.chunks(1024) {
                    stream.write_all(piece)?;
                    thread::sleep(pause);
                }
            }
        }
        return Ok(());
    }
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut asked = Asked {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        ..Asked::default()
    };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(asked);
        }
        if let Some((name, value)) = line.split_once(':') {
            asked.headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
}
