//! Downloads a file from one address into its `.part` file: with resuming, retries, and a check for web pages
//! sent in place of data.

use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};

use crate::Watcher;
use crate::error::Failure;
use crate::http::{Answer, Trouble, get};
use crate::meter::{Meter, bytes};
use crate::part::Part;

/// First pause before a request is repeated; each is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(500);

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// New bytes after which earlier failures are forgotten: the connection is bad, but it makes progress.
const PROGRESS: u64 = 1 << 20;

/// Fetches what is missing from the part. `size` is that of the whole file, if it is known beforehand.
pub fn download(
    address: &str,
    size: Option<u64>,
    part: &mut Part,
    retries: usize,
    watcher: &dyn Watcher,
) -> Result<(), Failure> {
    let mut failures = 0;
    // A server that starts from the beginning each time makes no progress by sending the same bytes again.
    let mut farthest = part.length();
    loop {
        let trouble = match attempt(address, size, part, watcher) {
            Ok(()) => return Ok(()),
            Err(Stop::Trouble(Trouble::Passing(trouble))) => trouble,
            Err(Stop::Trouble(Trouble::Lasting(trouble))) => return Err(Failure::address(address, &trouble)),
            Err(Stop::Failure(failure)) => return Err(failure),
        };
        if part.length() >= farthest + PROGRESS {
            (failures, farthest) = (0, part.length());
        }
        if failures == retries {
            let times = if retries == 0 { String::new() } else { format!(" (tried {} times)", retries + 1) };
            return Err(Failure::address(address, &format!("{trouble}{times}")));
        }
        let pause = LONGEST_PAUSE.min(PAUSE * 2_u32.pow(failures.min(16) as u32));
        failures += 1;
        let seconds = pause.as_secs_f32();
        watcher.note(&format!("{trouble}; trying again in {seconds:.1} s ({failures} of {retries})"));
        wait(pause, watcher)?;
    }
}

/// The time in which a slow connection must bring [`LEAST`].
const MINUTE: Duration = Duration::from_mins(1);

/// Bytes of a minute below which a connection is as good as broken: 1 KiB a second.
const LEAST: u64 = 60 << 10;

/// The most that is downloaded if nobody says how much there is; the largest file of the catalogue has 2 GiB.
const MOST: u64 = 8 << 30;

/// Whether a download comes fast enough.
struct Pace {
    since: Instant,
    from: u64,
}

impl Pace {
    /// Whether the last minute, if one is over, brought too little up to `length`.
    fn is_too_slow(&mut self, now: Instant, length: u64) -> bool {
        if now.duration_since(self.since) < MINUTE {
            return false;
        }
        let slow = length < self.from + LEAST;
        (self.since, self.from) = (now, length);
        slow
    }
}

/// Why an attempt ended early.
enum Stop {
    Trouble(Trouble),
    Failure(Failure),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

fn attempt(address: &str, size: Option<u64>, part: &mut Part, watcher: &dyn Watcher) -> Result<(), Stop> {
    check_interrupt(watcher)?;
    if part.is_whole(address) {
        return Ok(());
    }
    let mut answer = get(address, part.rest(address).as_ref())?;
    check(&answer)?;
    if answer.status == 416 || (answer.status == 206 && !part.continues(address, &answer)) {
        part.clear()?;
        return Err(Trouble::Passing("the file on the server has changed since the start".to_owned()).into());
    }
    if let (Some(total), Some(size)) = (answer.total, size)
        && total != size
    {
        return Err(Trouble::Lasting(format!("the file has {total} bytes, expected {size}")).into());
    }
    let mut begun = answer.status == 206;
    if begun {
        watcher.note(&format!("resuming after {}", bytes(part.length())));
    }
    let total = answer.total;
    let meter = Meter::new(watcher, total, part.length());
    let mut block = vec![0; 1 << 16];
    let mut pace = Pace { since: Instant::now(), from: part.length() };
    let most = size.or(total).unwrap_or(MOST).min(MOST);
    loop {
        let read = answer.body.read(&mut block).map_err(|error| Trouble::Passing(broken(part, &error)))?;
        if !begun {
            // Only when the first bytes have arrived: an error page must not replace what was downloaded
            // before.
            if looks_like_web_page(&block[..read]) {
                return Err(web_page().into());
            }
            part.restart(address, &answer)?;
            begun = true;
        }
        if read == 0 {
            break;
        }
        part.append(&block[..read])?;
        meter.show(part.length());
        if part.length() > most {
            let text = format!("the server sends more than the {} that the file has at most", bytes(most));
            return Err(Trouble::Lasting(text).into());
        }
        if pace.is_too_slow(Instant::now(), part.length()) {
            let text = format!("less than 1 KiB/s came for a minute, after {}", bytes(part.length()));
            return Err(Trouble::Passing(text).into());
        }
        check_interrupt(watcher)?;
    }
    match total {
        Some(total) if total != part.length() => {
            let text = format!("the connection ended after {} of {}", bytes(part.length()), bytes(total));
            Err(Trouble::Passing(text).into())
        }
        _ if part.length() == 0 => Err(Trouble::Passing("the server sent nothing".to_owned()).into()),
        _ => Ok(()),
    }
}

/// Whether an answer contains data.
fn check(answer: &Answer) -> Result<(), Trouble> {
    match answer.status {
        200 | 206 if answer.is_web_page => Err(web_page()),
        200 | 206 | 416 => Ok(()),
        status @ (408 | 425 | 429 | 500..=599) => {
            Err(Trouble::Passing(format!("the server answered {status}")))
        }
        status => Err(Trouble::Lasting(format!("the server answered {status}"))),
    }
}

fn web_page() -> Trouble {
    Trouble::Lasting("the server answered with a web page, not with data".to_owned())
}

/// Whether a file begins like HTML; none of the catalogue's files does.
fn looks_like_web_page(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(64)]).trim_start().to_lowercase();
    ["<!doctype html", "<html", "<head"].iter().any(|tag| start.starts_with(tag))
}

fn broken(part: &Part, error: &std::io::Error) -> String {
    format!("the connection broke after {}: {error}", bytes(part.length()))
}

fn check_interrupt(watcher: &dyn Watcher) -> Result<(), Failure> {
    if watcher.is_interrupted() { Err(Failure::Interrupted) } else { Ok(()) }
}

/// Pauses, unless interrupted.
fn wait(pause: Duration, watcher: &dyn Watcher) -> Result<(), Failure> {
    let until = Instant::now() + pause;
    while Instant::now() < until {
        check_interrupt(watcher)?;
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_brings_almost_nothing_is_given_up_after_a_minute() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut pace = Pace { since: start, from: 1000 };
        assert!(!pace.is_too_slow(at(59), 1000), "it may begin again");
        assert!(!pace.is_too_slow(at(60), 1000 + LEAST));
        // Only what came since counts.
        assert!(!pace.is_too_slow(at(119), 1000 + LEAST));
        assert!(pace.is_too_slow(at(120), 1000 + 2 * LEAST - 1));
    }
}
