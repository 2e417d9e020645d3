//! One request: redirects, proxies, and the parts of an answer that matter.

use std::io::Read;
use std::net::ToSocketAddrs;
use std::time::Duration;

use ureq::http::{Response, Uri};
use ureq::{Agent, Body, Proxy};

use crate::proxy::proxy_for;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Longest wait for the next bytes.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 10;

/// Why there is no data.
#[derive(Debug)]
pub enum Trouble {
    /// Retrying may help.
    Passing(String),
    /// Retrying will not help.
    Lasting(String),
}

/// The rest of a file from a certain byte, provided that it is still the same file.
pub struct Rest<'a> {
    pub from: u64,
    pub validator: &'a str,
}

/// What a server answered.
pub struct Answer {
    pub status: u16,
    /// Position of the first byte sent, if the server says that it sends only a part.
    pub from: Option<u64>,
    /// Size of the whole file.
    pub total: Option<u64>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub is_web_page: bool,
    pub body: Box<dyn Read>,
}

/// Asks for a file, or the rest of it.
pub fn get(address: &str, rest: Option<&Rest>) -> Result<Answer, Trouble> {
    let mut place = address.to_owned();
    for _ in 0..=MOST_REDIRECTS {
        let response = ask(&place, rest)?;
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(answer(response));
        }
        let to = header(&response, "location")
            .ok_or_else(|| Trouble::Lasting("the server redirects without an address".to_owned()))?;
        let next = resolve(&place, &to);
        // A file without a known digest is only as trustworthy as the connection.
        if place.starts_with("https://") && !next.starts_with("https://") {
            return Err(Trouble::Lasting(format!("the server redirects to {next}, which is not encrypted")));
        }
        place = next;
    }
    Err(Trouble::Lasting(format!("more than {MOST_REDIRECTS} redirects")))
}

fn ask(address: &str, rest: Option<&Rest>) -> Result<Response<Body>, Trouble> {
    let lasting = |error: &dyn std::fmt::Display| Trouble::Lasting(error.to_string());
    let uri: Uri = address.parse().map_err(|error| lasting(&error))?;
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.host().ok_or_else(|| Trouble::Lasting("the address has no host".to_owned()))?;
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    // Chosen again for each redirect: the HTTP client supports only one proxy for everything, and no
    // domains in `no_proxy`.
    let proxy = proxy_for(scheme, host, port);
    if proxy.is_none() {
        resolvable(host, port)?;
    }
    let proxy = proxy.as_deref().map(Proxy::new).transpose().map_err(|_| {
        Trouble::Lasting(format!("the value of {scheme}_proxy or all_proxy is not a proxy's address"))
    })?;
    let agent: Agent = Agent::config_builder()
        .proxy(proxy)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_per_read(Some(READ_TIMEOUT))
        .user_agent(concat!("mlrc/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    // A compressed transfer could not be resumed.
    let mut request = agent.get(address).header("Accept-Encoding", "identity");
    if let Some(rest) = rest {
        request = request.header("Range", format!("bytes={}-", rest.from)).header("If-Range", rest.validator);
    }
    request.call().map_err(trouble)
}

/// A name that cannot be resolved is misspelt, or there is no network: asking again at once gives the same answer.
fn resolvable(host: &str, port: u16) -> Result<(), Trouble> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match (bare, port).to_socket_addrs().map(|mut addresses| addresses.next()) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Trouble::Lasting(format!("{host}: its name cannot be resolved"))),
        Err(error) => Err(Trouble::Lasting(format!("{host}: its name cannot be resolved ({error})"))),
    }
}

fn trouble(error: ureq::Error) -> Trouble {
    use std::io::ErrorKind;
    use ureq::Error;
    match error {
        Error::Io(io) if io.kind() != ErrorKind::InvalidData => Trouble::Passing(io.to_string()),
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::Timeout(_)
        | Error::BodyStalled
        | Error::ConnectProxyFailed(_) => Trouble::Passing(error.to_string()),
        // An untrusted certificate, a malformed address: retrying does not help.
        error => Trouble::Lasting(error.to_string()),
    }
}

fn answer(response: Response<Body>) -> Answer {
    let status = response.status().as_u16();
    let range = header(&response, "content-range").filter(|_| status == 206);
    let (from, total) = match range.as_deref().and_then(parse_range) {
        Some((from, total)) => (Some(from), total),
        None => (None, header(&response, "content-length").and_then(|length| length.parse().ok())),
    };
    Answer {
        status,
        from,
        total,
        etag: header(&response, "etag"),
        last_modified: header(&response, "last-modified"),
        is_web_page: header(&response, "content-type")
            .is_some_and(|kind| kind.trim_start().to_lowercase().starts_with("text/html")),
        body: Box::new(response.into_body().into_reader()),
    }
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// The first byte and the whole size of `bytes 10-99/100`.
fn parse_range(range: &str) -> Option<(u64, Option<u64>)> {
    let (span, total) = range.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let (from, _) = span.split_once('-')?;
    Some((from.trim().parse().ok()?, total.trim().parse().ok()))
}

/// Where a redirect leads.
fn resolve(from: &str, to: &str) -> String {
    let (scheme, after) = from.split_once("://").unwrap_or(("http", from));
    let path = after.find(['/', '?', '#']).unwrap_or(after.len());
    let host = &after[..path];
    if to.starts_with("http://") || to.starts_with("https://") {
        to.to_owned()
    } else if let Some(rest) = to.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if to.starts_with('/') {
        format!("{scheme}://{host}{to}")
    } else {
        let path = after[path..].split(['?', '#']).next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{host}{folder}/{to}")
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_range, resolve};

    #[test]
    fn redirects_may_be_relative() {
        let from = "https://a.org:8080/data/x.zip?y=/z";
        assert_eq!(resolve(from, "https://b.org/x"), "https://b.org/x");
        assert_eq!(resolve(from, "//b.org/x"), "https://b.org/x");
        assert_eq!(resolve(from, "/x"), "https://a.org:8080/x");
        assert_eq!(resolve(from, "y.zip"), "https://a.org:8080/data/y.zip");
        assert_eq!(resolve("http://a.org", "y"), "http://a.org/y");
    }

    #[test]
    fn ranges_say_where_they_begin() {
        assert_eq!(parse_range("bytes 10-99/100"), Some((10, Some(100))));
        assert_eq!(parse_range("bytes 10-99/*"), Some((10, None)));
        assert_eq!(parse_range("bytes */100"), None);
    }
}
