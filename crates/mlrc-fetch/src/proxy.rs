//! Which proxy an address is fetched through, by the usual environment variables.

use std::env;

/// The proxy for a host, if the environment names one and does not exempt the host.
pub fn proxy_for(scheme: &str, host: &str, port: u16) -> Option<String> {
    let excepted = variable("no_proxy").is_some_and(|list| is_excepted(&list, host, port));
    if excepted {
        return None;
    }
    variable(&format!("{scheme}_proxy")).or_else(|| variable("all_proxy"))
}

/// An environment variable in lower or upper case; an empty one counts as not set.
fn variable(name: &str) -> Option<String> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
    set(name).or_else(|| set(&name.to_uppercase()))
}

/// Whether a list as in `no_proxy` includes the host: by name, by its domain, with or without a port, or by
/// `*`.
fn is_excepted(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_matches(['[', ']']).to_lowercase();
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_lowercase();
        let (name, its_port) = match entry.rsplit_once(':') {
            // More than one colon is an address of IPv6, not a port.
            Some((name, its_port)) if !name.contains(':') || name.ends_with(']') => {
                (name.to_owned(), its_port.parse().ok())
            }
            _ => (entry.clone(), None),
        };
        let name = name.trim_matches(['[', ']']).trim_start_matches('*').trim_start_matches('.').to_owned();
        let at_port = its_port.is_none_or(|its: u16| its == port);
        let within = host == name || host.ends_with(&format!(".{name}"));
        entry == "*" || (at_port && !name.is_empty() && within)
    })
}

#[cfg(test)]
mod tests {
    use super::is_excepted;

    #[test]
    fn exceptions_are_names_domains_and_ports() {
        let list = "localhost, .internal,example.org:8080 *.lan ::1";
        for (host, port, expected) in [
            ("localhost", 80, true),
            ("nolocalhost", 80, false),
            ("data.internal", 443, true),
            ("EXAMPLE.org", 8080, true),
            ("www.example.org", 8080, true),
            ("example.org", 443, false),
            ("files.lan", 80, true),
            ("[::1]", 80, true),
            ("nlp.stanford.edu", 443, false),
        ] {
            assert_eq!(is_excepted(list, host, port), expected, "{host}:{port}");
        }
        assert!(is_excepted("*", "nlp.stanford.edu", 443));
        assert!(!is_excepted("", "nlp.stanford.edu", 443));
    }
}
