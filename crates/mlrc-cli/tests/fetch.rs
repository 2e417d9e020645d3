//! `mlrc fetch` against servers that break off, refuse, lie and change their minds.

mod common;
mod server;

use std::fs;
use std::process::{Command, Output};

use common::{Place, text};
use server::{Answer, Server, file, part};

/// Something to download that is no web page, longer than what is read at once.
fn content(seed: u8) -> Vec<u8> {
    (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 ^ seed).collect()
}

/// The command, with no proxy unless the test sets one.
fn command(place: &Place, arguments: &str) -> Command {
    let mut command = place.command(arguments);
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command
}

fn run(place: &Place, arguments: &str) -> Output {
    command(place, arguments).output().unwrap()
}

fn succeeds(place: &Place, arguments: &str) -> String {
    let output = run(place, arguments);
    assert!(output.status.success(), "mlrc {arguments}\n{}", text(&output.stderr));
    text(&output.stderr)
}

fn fails(place: &Place, arguments: &str) -> String {
    let output = run(place, arguments);
    assert_eq!(output.status.code(), Some(1), "mlrc {arguments}\n{}", text(&output.stderr));
    text(&output.stderr)
}

fn fetch(server: &Server) -> String {
    format!("fetch knowledgenet --out kn --from {}", server.address("train.json"))
}

const WHOLE: [&str; 2] = ["train.json", "train.json.sha256"];
const BEGUN: [&str; 2] = ["train.json.part", "train.json.part.json"];

#[test]
fn what_is_fetched_is_recorded_and_not_fetched_again() {
    let place = Place::empty();
    let server = Server::start(|asked, _| file(asked, &content(0), "\"a\""));
    let output = run(&place, &fetch(&server));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).trim(), "kn/train.json");
    let said = text(&output.stderr);
    assert!(said.contains("CC BY-SA 4.0") && said.contains("recorded in kn/train.json.sha256"), "{said}");
    assert_eq!(place.names("kn"), WHOLE);
    assert_eq!(fs::read(place.path("kn/train.json")).unwrap(), content(0));
    let record = fs::read_to_string(place.path("kn/train.json.sha256")).unwrap();
    assert!(record.ends_with("  train.json\n") && record.len() == 64 + 13, "{record}");

    assert!(succeeds(&place, &fetch(&server)).contains("already present and verified"));
    assert_eq!(server.asked().len(), 1);

    // Damaged since: fetched again, against the record.
    fs::write(place.path("kn/train.json"), "x").unwrap();
    assert!(succeeds(&place, &fetch(&server)).contains("will be replaced"));
    assert_eq!(fs::read(place.path("kn/train.json")).unwrap(), content(0));

    // A file of the user's own is not touched.
    fs::remove_file(place.path("kn/train.json.sha256")).unwrap();
    assert!(fails(&place, &fetch(&server)).contains("its expected content is not known"));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn another_file_than_recorded_is_refused() {
    let place = Place::empty();
    let server = Server::start(|asked, before| file(asked, &content(u8::from(before > 0)), "\"a\""));
    succeeds(&place, &fetch(&server));
    fs::remove_file(place.path("kn/train.json")).unwrap();
    let said = fails(&place, &fetch(&server));
    assert!(said.contains("expected") && said.contains("(recorded in kn/train.json.sha256)"), "{said}");
    assert_eq!(place.names("kn"), ["train.json.sha256"]);
}

#[test]
fn a_broken_download_goes_on_where_it_ended() {
    let place = Place::empty();
    let server = Server::start(|asked, before| match before {
        0 => file(asked, &content(0), "\"a\"").cut_after(100_000),
        _ => file(asked, &content(0), "\"a\""),
    });
    let said = succeeds(&place, &fetch(&server));
    assert!(said.contains("trying again") && said.contains("resuming after"), "{said}");
    assert_eq!(server.asked()[1].from(), Some(100_000));
    assert_eq!(fs::read(place.path("kn/train.json")).unwrap(), content(0));
    assert_eq!(place.names("kn"), WHOLE);
}

#[test]
fn the_next_command_goes_on_too() {
    let place = Place::empty();
    let modified = "Wed, 04 May 2022 22:41:14 GMT";
    let server = Server::start(move |asked, before| {
        let mut answer = match before {
            0 => Answer::ok(&content(0)).cut_after(70_000),
            _ => part(&content(0), asked.from().unwrap(), "W/\"a\""),
        };
        answer = answer.with("Last-Modified", modified);
        if before == 0 { answer.with("ETag", "W/\"a\"") } else { answer }
    });
    let said = fails(&place, &format!("{} --retries 0", fetch(&server)));
    assert!(said.contains("the same command continues from there"), "{said}");
    assert_eq!(place.names("kn"), BEGUN);
    succeeds(&place, &fetch(&server));
    // A weak tag does not vouch for bytes.
    assert_eq!(server.asked()[1].headers["if-range"], modified);
    assert_eq!(server.asked()[1].from(), Some(70_000));
    assert_eq!(fs::read(place.path("kn/train.json")).unwrap(), content(0));
}

#[test]
fn a_server_without_ranges_starts_from_the_beginning() {
    let place = Place::empty();
    let server = Server::start(|_, before| {
        let answer = Answer::ok(&content(0)).with("ETag", "\"a\"");
        if before == 0 { answer.cut_after(100_000) } else { answer }
    });
    succeeds(&place, &fetch(&server));
    assert_eq!(server.asked()[1].from(), Some(100_000));
    assert_eq!(fs::read(place.path("kn/train.json")).unwrap(), content(0));
}

#[test]
fn versions_of_a_file_are_not_glued_together() {
    // With If-Range, the server itself sends the new file whole; one that does not know it sends the rest of the new.
    for polite in [true, false] {
        let place = Place::empty();
        let server = Server::start(move |asked, before| match (before, asked.from()) {
            (0, _) => file(asked, &content(0), "\"a\"").cut_after(100_000),
            (_, Some(from)) if !polite => part(&content(1), from, "\"b\""),
            _ => file(asked, &content(1), "\"b\""),
        });
        fails(&place, &format!("{} --retries 0", fetch(&server)));
        succeeds(&place, &fetch(&server));
        assert_eq!(fs::read(place.path("kn/train.json")).unwrap(), content(1));
        assert_eq!(server.asked().len(), if polite { 2 } else { 3 });
    }
}

#[test]
fn wrong_bytes_never_get_the_name() {
    let place = Place::empty();
    for (junk, expected) in [
        (vec![b'x'; 80_278], "expected eeedd25512a8e4c2bc06b78009836d27de81807bcba6ed929debd5cd713c07ea"),
        (vec![b'x'; 100], "the file has 100 bytes, expected 80278"),
    ] {
        let server = Server::start(move |asked, _| file(asked, &junk, "\"a\""));
        let from = server.address("pid2name.json");
        let said = fails(&place, &format!("fetch fewrel --out fewrel --from {from}"));
        assert!(said.contains(expected) && said.contains(&from), "{said}");
        assert_eq!(place.names("fewrel"), [""; 0]);
        assert_eq!(server.asked().len(), 1);
    }
    fs::write(place.path("pid2name.json"), "{}").unwrap();
    assert!(fails(&place, "fetch fewrel --out fewrel --from pid2name.json").contains("expected eeedd2"));
    assert_eq!(place.names("fewrel"), [""; 0]);
}

#[test]
fn a_server_in_trouble_is_asked_again_and_a_refusal_is_not() {
    let place = Place::empty();
    let server = Server::start(|asked, before| match before {
        0 | 1 => Answer::status(503),
        _ => file(asked, &content(0), "\"a\""),
    });
    let said = succeeds(&place, &fetch(&server));
    assert!(said.contains("the server answered 503; trying again in 1.0 s (2 of 4)"), "{said}");
    assert_eq!(server.asked().len(), 3);

    let place = Place::empty();
    let server = Server::start(|_, _| Answer::status(503));
    let said = fails(&place, &format!("{} --retries 1", fetch(&server)));
    assert!(said.contains("the server answered 503 (tried 2 times)") && said.contains("--from"), "{said}");
    assert_eq!((server.asked().len(), place.names("kn").len()), (2, 0));

    let server = Server::start(|_, _| Answer::status(404));
    assert!(fails(&place, &fetch(&server)).contains("the server answered 404"));
    assert_eq!((server.asked().len(), place.names("kn").len()), (1, 0));
}

#[test]
fn a_name_that_cannot_be_resolved_is_said_at_once() {
    let place = Place::empty();
    // By RFC 6761, no name under `invalid` exists.
    let said = fails(&place, "fetch knowledgenet --out kn --from http://data.invalid/train.json");
    assert!(said.contains("data.invalid: its name cannot be resolved"), "{said}");
    assert!(!said.contains("trying again") && place.names("kn").is_empty(), "{said}");
}

#[test]
fn a_web_page_is_no_data() {
    let page = b"\n<!DOCTYPE html><html>Too large to scan for viruses</html>";
    for kind in ["text/html; charset=utf-8", "application/octet-stream"] {
        let place = Place::empty();
        let server = Server::start(move |asked, before| match before {
            0 => file(asked, &content(0), "\"a\"").cut_after(100_000),
            1 => Answer::ok(page).with("Content-Type", kind),
            _ => file(asked, &content(0), "\"a\""),
        });
        let said = fails(&place, &fetch(&server));
        assert!(said.contains("a web page, not with data"), "{said}");
        // What had come before is worth more.
        assert_eq!(fs::metadata(place.path("kn/train.json.part")).unwrap().len(), 100_000);
        succeeds(&place, &fetch(&server));
        assert_eq!(fs::read(place.path("kn/train.json")).unwrap(), content(0));
    }
}

#[test]
fn redirects_are_followed() {
    let place = Place::empty();
    let server = Server::start(|asked, _| match asked.path.as_str() {
        "/train.json" => Answer::status(302).with("Location", "/there?x=1"),
        "/there?x=1" => file(asked, &content(0), "\"a\""),
        _ => Answer::status(302).with("Location", "round"),
    });
    succeeds(&place, &fetch(&server));
    assert_eq!(fs::read(place.path("kn/train.json")).unwrap(), content(0));
    let round = server.address("a/b");
    let said = fails(&place, &format!("fetch knowledgenet --out other --from {round}"));
    assert!(said.contains("more than 10 redirects"), "{said}");
}

#[test]
fn proxies_are_those_of_the_environment() {
    let place = Place::empty();
    let proxy = Server::start(|asked, _| file(asked, &content(0), "\"a\""));
    let at = format!("http://127.0.0.1:{}", proxy.port());
    let through = "fetch knowledgenet --out a --from http://data.invalid/train.json";
    let output = command(&place, through).env("http_proxy", &at).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let connect = &proxy.asked()[0];
    assert_eq!((connect.method.as_str(), connect.path.as_str()), ("CONNECT", "data.invalid:80"));

    // Not for hosts that are excepted.
    let server = Server::start(|asked, _| file(asked, &content(0), "\"a\""));
    let output = command(&place, &fetch(&server))
        .env("http_proxy", &at)
        .env("no_proxy", "127.0.0.1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!((proxy.asked().len(), server.asked().len()), (2, 1));
}

#[cfg(unix)]
#[test]
fn after_ctrl_c_the_same_command_goes_on() {
    let place = Place::empty();
    let server = Server::start(|asked, before| {
        let answer = file(asked, &content(0), "\"a\"");
        if before == 0 { answer.slowly() } else { answer }
    });
    let errors = fs::File::create(place.path("errors")).unwrap();
    let mut child = command(&place, &fetch(&server)).stderr(errors).spawn().unwrap();
    while fs::metadata(place.path("kn/train.json.part")).map_or(0, |part| part.len()) < 10_000 {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let said = fs::read_to_string(place.path("errors")).unwrap();
    assert!(said.contains("are in kn/train.json.part; the same command continues from there"), "{said}");
    assert_eq!(place.names("kn"), BEGUN);
    succeeds(&place, &fetch(&server));
    assert!(server.asked()[1].from().is_some_and(|from| from >= 10_000));
    assert_eq!(fs::read(place.path("kn/train.json")).unwrap(), content(0));
}
