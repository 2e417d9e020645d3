//! What a program sees of a fetch: notes, results, and that it stops when asked to.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::Path;

use mlrc_fetch::{Dataset, FetchError, Outcome, Request, Watcher, fetch};

/// Records what it is told.
#[derive(Default)]
struct Listener {
    notes: RefCell<Vec<String>>,
    interrupted: Cell<bool>,
}

impl Watcher for Listener {
    fn note(&self, line: &str) {
        self.notes.borrow_mut().push(line.to_owned());
    }

    fn progress(&self, _total: Option<u64>, _position: u64) {
        panic!("nothing is downloaded here");
    }

    fn progress_ends(&self) {}

    fn is_interrupted(&self) -> bool {
        self.interrupted.get()
    }
}

fn request<'a>(name: &str, folder: &'a Path, from: &'a str) -> Request<'a> {
    let dataset = Dataset::named(name).unwrap();
    Request { dataset, folder, from: Some(from), dimension: None, retries: 0 }
}

#[test]
fn a_file_that_is_here_is_copied_recorded_and_known_again() -> Result<(), FetchError> {
    let place = tempfile::tempdir().unwrap();
    let (from, folder) = (place.path().join("mine.json"), place.path().join("kn"));
    fs::write(&from, "{}\n").unwrap();
    let request = request("knowledgenet", &folder, from.to_str().unwrap());
    let listener = Listener::default();
    assert_eq!(fetch(&request, &listener)?, Outcome::Done(vec![folder.join("train.json")]));
    assert_eq!(fs::read(folder.join("train.json")).unwrap(), b"{}\n");
    let notes = listener.notes.take();
    assert!(notes[0].contains("\nlicence CC BY-SA 4.0; please cite Mesquita"), "{notes:?}");
    assert!(notes[1].contains("not known beforehand: recorded in "), "{notes:?}");
    assert_eq!(notes.len(), 2, "{notes:?}");

    fetch(&request, &listener)?;
    let notes = listener.notes.take();
    assert!(notes[1].ends_with("train.json: already present and verified"), "{notes:?}");
    Ok(())
}

#[test]
fn it_stops_when_the_watcher_says_so() {
    let place = tempfile::tempdir().unwrap();
    let (from, folder) = (place.path().join("mine.json"), place.path().join("kn"));
    fs::write(&from, "{}\n").unwrap();
    let listener = Listener::default();
    listener.interrupted.set(true);
    let outcome = fetch(&request("knowledgenet", &folder, from.to_str().unwrap()), &listener);
    assert_eq!(outcome, Ok(Outcome::Interrupted));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn what_nobody_may_hand_out_is_explained() {
    let listener = Listener::default();
    let error = fetch(&request("tacred", Path::new("absent"), "absent"), &listener).unwrap_err();
    assert!(error.to_string().contains("licensed by the Linguistic Data Consortium"), "{error}");
    assert!(error.help().is_some_and(|help| help.contains("https://catalog.ldc.upenn.edu/LDC2018T24")));
    assert!(listener.notes.take().is_empty());
}
