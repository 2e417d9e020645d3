//! Where files are taken from: their publishers, or what the user names instead.

use std::path::{Path, PathBuf};

use crate::catalogue::{Release, Source};
use crate::error::FetchError;

/// Where a file is taken from.
#[derive(Debug, PartialEq, Eq)]
pub enum Origin {
    Local(PathBuf),
    Addresses(Vec<String>),
}

/// The sources of a data set, and where to take each from.
pub fn origins(
    release: &'static Release,
    from: Option<&str>,
) -> Result<Vec<(&'static Source, Origin)>, FetchError> {
    let Some(from) = from else {
        let makers =
            |source: &Source| Origin::Addresses(source.addresses.iter().map(ToString::to_string).collect());
        return Ok(release.sources.iter().map(|source| (source, makers(source))).collect());
    };
    let place = Place::read(from)?;
    if place.is_folder() {
        return Ok(release.sources.iter().map(|source| (source, place.inside(source.file.name))).collect());
    }
    let called = |source: &&Source| place.name() == Some(source.file.name);
    let chosen = match release.sources {
        [source] => Some(source),
        sources => sources.iter().find(called),
    };
    let Some(source) = chosen else {
        let names: Vec<_> = release.sources.iter().map(|source| source.file.name).collect();
        let help = format!(
            "name a file called {}, or a folder (or a URL ending in /) that has all of them",
            names.join(" or ")
        );
        return Err(FetchError::new(format!("{from}: cannot tell which file this is")).with_help(help));
    };
    Ok(vec![(source, place.itself())])
}

/// What the user named.
enum Place {
    Local(PathBuf),
    Address(String),
}

impl Place {
    fn read(from: &str) -> Result<Self, FetchError> {
        match from.split_once("://") {
            Some(("http" | "https", _)) => Ok(Self::Address(from.to_owned())),
            Some(("file", rest)) => {
                let path = rest.strip_prefix("localhost").unwrap_or(rest);
                Ok(Self::Local(decoded(path).into()))
            }
            Some((scheme, _)) => Err(FetchError::new(format!("{from}: {scheme}:// is not supported"))
                .with_help("give a file, a folder or a URL with file://, http:// or https://")),
            None => Ok(Self::Local(from.into())),
        }
    }

    fn is_folder(&self) -> bool {
        match self {
            Self::Local(path) => path.is_dir(),
            Self::Address(address) => address.ends_with('/'),
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Local(path) => path.file_name()?.to_str(),
            Self::Address(address) => Path::new(address.split(['?', '#']).next()?).file_name()?.to_str(),
        }
    }

    fn itself(&self) -> Origin {
        match self {
            Self::Local(path) => Origin::Local(path.clone()),
            Self::Address(address) => Origin::Addresses(vec![address.clone()]),
        }
    }

    fn inside(&self, name: &str) -> Origin {
        match self {
            Self::Local(path) => Origin::Local(path.join(name)),
            Self::Address(address) => Origin::Addresses(vec![format!("{address}{name}")]),
        }
    }
}

/// A path with percent-encoding (such as %20) decoded.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let code = match (first, after) {
            (b'%', [high, low, ..]) => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dataset;

    fn of(name: &str, from: &str) -> Result<Vec<(&'static str, Origin)>, String> {
        let release = Dataset::named(name).unwrap().release().unwrap();
        let origins = origins(release, Some(from)).map_err(|error| error.to_string())?;
        Ok(origins.into_iter().map(|(source, origin)| (source.file.name, origin)).collect())
    }

    fn address(address: &str) -> Origin {
        Origin::Addresses(vec![address.to_owned()])
    }

    #[test]
    fn one_file_stands_for_one_source_and_a_folder_for_all() {
        let one = of("semeval", "file:///a%20b/x.zip").unwrap();
        assert_eq!(one, [("SemEval2010_task8_all_data.zip", Origin::Local("/a b/x.zip".into()))]);
        let named = of("fewrel", "https://a.org/val_wiki.json?raw=1").unwrap();
        assert_eq!(named, [("val_wiki.json", address("https://a.org/val_wiki.json?raw=1"))]);
        let all = of("fewrel", "https://a.org/data/").unwrap();
        assert_eq!(all[2], ("pid2name.json", address("https://a.org/data/pid2name.json")));
        assert!(of("fewrel", "https://a.org/x.json").is_err());
        assert!(of("semeval", "ftp://a.org/x.zip").unwrap_err().contains("ftp://"));
    }
}
