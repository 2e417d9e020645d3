//! `mlrc fetch`: archives, local files, and what it says to people.

mod common;
mod server;

use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;

use common::{Place, text};
use server::{Server, file};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn said(place: &Place, arguments: &str) -> String {
    let output = place.run(arguments);
    assert!(output.status.success(), "mlrc {arguments}\n{}", text(&output.stderr));
    text(&output.stderr)
}

#[test]
fn only_the_wanted_vectors_are_unpacked() {
    let place = Place::empty();
    let fifty = "the 0.1 0.2\n".repeat(20_000);
    let zip =
        archive(&[("glove.6B.100d.txt", b"a hundred"), ("some/folder/glove.6B.50d.txt", fifty.as_bytes())]);
    let server = Server::start(move |asked, _| file(asked, &zip, "\"a\""));
    let from = server.address("x.zip");
    let output =
        place.command(&format!("fetch glove.6B --from {from}")).env("no_proxy", "*").output().unwrap();
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("warning: this is not the glove.6B.zip that its publisher provides"), "{stderr}");
    assert_eq!(text(&output.stdout).trim(), "glove.6B/glove.6B.50d.txt");
    assert_eq!(place.names("glove.6B"), ["glove.6B.50d.txt", "glove.6B.50d.txt.sha256"]);
    assert_eq!(fs::read_to_string(place.path("glove.6B/glove.6B.50d.txt")).unwrap(), fifty);

    let zip = archive(&[("glove.6B.100d.txt", b"a hundred")]);
    fs::write(place.path("g.zip"), zip).unwrap();
    said(&place, "fetch glove.6B --from g.zip --dimension 100");
    assert_eq!(fs::read(place.path("glove.6B/glove.6B.100d.txt")).unwrap(), b"a hundred");
    assert!(place.path("g.zip").exists());
    let missing = place.fails("fetch glove.6B --from g.zip --dimension 200");
    assert!(
        missing.contains("the archive does not contain glove.6B.200d.txt, only glove.6B.100d.txt"),
        "{missing}"
    );
}

#[test]
fn damaged_and_wrong_archives_leave_nothing() {
    let place = Place::empty();
    let mut zip = archive(&[("glove.6B.50d.txt", &b"abcdefgh".repeat(1000))]);
    zip[60] ^= 0x55;
    fs::write(place.path("damaged.zip"), &zip).unwrap();
    let damaged = place.fails("fetch glove.6B --from damaged.zip");
    assert!(damaged.contains("the archive is damaged"), "{damaged}");
    fs::write(place.path("short.zip"), &zip[..100]).unwrap();
    assert!(place.fails("fetch glove.6B --from short.zip").contains("the archive is damaged"));

    let zip = archive(&[
        ("a/TRAIN_FILE.TXT", b"1\t\"x\""),
        ("a/TEST_FILE_FULL.TXT", b"x"),
        ("a/SEMEVAL_TASK8_FULL_RELEASE_README.txt", b"x"),
    ]);
    fs::write(place.path("wrong.zip"), zip).unwrap();
    let wrong = place.fails("fetch semeval --from wrong.zip");
    assert!(
        wrong.contains("semeval/TRAIN_FILE.TXT has SHA-256") && wrong.contains("expected c22fee88"),
        "{wrong}"
    );
    fs::write(place.path("no.zip"), "text").unwrap();
    assert!(place.fails("fetch semeval --from no.zip").contains("it is not a zip archive"));
    assert_eq!((place.names("glove.6B").len(), place.names("semeval").len()), (0, 0));
}

#[test]
fn local_files_and_folders_take_the_makers_place() {
    let place = Place::empty();
    fs::write(place.path("mine.json"), "{}\n").unwrap();
    let address = format!("file://{}", place.path("mine.json").display());
    said(&place, &format!("fetch knowledgenet --out a --from {address}"));
    assert_eq!(place.names("a"), ["train.json", "train.json.sha256"]);
    // Vectors that were unpacked by hand.
    fs::write(place.path("v.txt"), "the 1 2\n").unwrap();
    said(&place, "fetch glove.6B --out b --from v.txt");
    assert_eq!(place.names("b"), ["glove.6B.50d.txt", "glove.6B.50d.txt.sha256"]);
    fs::create_dir_all(place.path("unpacked/vectors")).unwrap();
    fs::write(place.path("unpacked/vectors/glove.6B.100d.txt"), "the 3 4\n").unwrap();
    said(&place, "fetch glove.6B --dimension 100 --out d --from unpacked");
    assert_eq!(fs::read(place.path("d/glove.6B.100d.txt")).unwrap(), b"the 3 4\n");
    assert!(place.path("unpacked/vectors/glove.6B.100d.txt").exists());
    let absent = place.fails("fetch glove.6B --dimension 50 --out e --from unpacked");
    assert!(absent.contains("unpacked: there is no glove.6B.zip"), "{absent}");
    fs::write(place.path("unpacked/TRAIN_FILE.TXT"), "not the real one").unwrap();
    for name in ["TEST_FILE_FULL.TXT", "SEMEVAL_TASK8_FULL_RELEASE_README.txt"] {
        assert!(place.fails("fetch semeval --out e --from unpacked").contains("there is no SemEval2010"));
        fs::write(place.path("unpacked/vectors").join(name), "").unwrap();
    }
    let wrong = place.fails("fetch semeval --out e --from unpacked");
    assert!(wrong.contains("TRAIN_FILE.TXT has SHA-256") && place.names("e").is_empty(), "{wrong}");
    // A folder holds all files.
    let absent = place.fails("fetch fewrel --out c --from a");
    assert!(
        absent.contains("a: there is no train_wiki.json, no val_wiki.json, no pid2name.json"),
        "{absent}"
    );
    assert!(place.names("c").is_empty(), "nothing is copied");
    assert!(place.fails("fetch fewrel --out c --from mine.json").contains("cannot tell which file this is"));
    assert!(place.fails("fetch knowledgenet --from ftp://a/b").contains("ftp:// is not supported"));
}

#[test]
fn what_cannot_be_fetched_is_explained() {
    let place = Place::empty();
    let tacred = place.fails("fetch tacred");
    assert!(tacred.contains("https://catalog.ldc.upenn.edu/LDC2018T24"), "{tacred}");
    assert!(tacred.contains("tacred/data/json/train.json"), "{tacred}");

    let unknown = place.run("fetch fewrell");
    let stderr = text(&unknown.stderr);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr.contains("fewrel") && stderr.contains("similar"), "{stderr}");

    fs::write(place.path("file"), "").unwrap();
    fs::write(place.path("mine.json"), "{}").unwrap();
    for from in ["mine.json", "http://127.0.0.1:9/train.json"] {
        let unwritable = place.fails(&format!("fetch knowledgenet --out file/kn --from {from}"));
        assert!(unwritable.contains("file/kn") && unwritable.contains("--out"), "{unwritable}");
    }

    assert!(place.fails("fetch semeval --dimension 50").contains("semeval has no word vectors"));
    assert!(place.fails("fetch glove.840B --dimension 50").contains("no vectors of dimension 50"));
    let list = place.succeeds("fetch --list");
    for name in ["semeval", "minilm", "mpnet", "glove.6B", "glove.840B", "fewrel", "knowledgenet", "tacred"] {
        assert!(list.lines().any(|line| line.starts_with(name)), "{list}");
    }
}

/// The catalogue's digests, where the genuine files are at hand.
#[test]
fn real_data_is_recognised() {
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let data = std::env::var_os("MLRC_DATA").map_or(beside, PathBuf::from);
    if !data.is_dir() {
        let _ = writeln!(std::io::stderr(), "SKIPPED real_data_is_recognised: {} is absent", data.display());
        return;
    }
    let place = Place::empty();
    let read = |name: &str| fs::read(data.join("semeval2010").join(name)).unwrap();
    let semeval = ["TRAIN_FILE.TXT", "TEST_FILE_FULL.TXT", "SEMEVAL_TASK8_FULL_RELEASE_README.txt"];
    let contents = semeval.map(read);
    let files: Vec<_> = semeval.iter().copied().zip(contents.iter().map(Vec::as_slice)).collect();
    fs::write(place.path("semeval.zip"), archive(&files)).unwrap();
    said(&place, "fetch semeval --from semeval.zip");
    assert_eq!(place.names("semeval").len(), 3);
    said(&place, &format!("fetch semeval --out again --from {}", data.join("semeval2010").display()));
    assert_eq!(place.names("again"), place.names("semeval"));
    assert!(said(&place, "fetch semeval --from absent.zip").contains("already present and verified"));
    for name in ["val_wiki.json", "pid2name.json"] {
        said(&place, &format!("fetch fewrel --from {}", data.join("fewrel").join(name).display()));
    }
    assert_eq!(place.names("fewrel"), ["pid2name.json", "val_wiki.json"]);
}
