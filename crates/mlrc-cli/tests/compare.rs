//! `mlrc compare`.

mod common;

use std::fs;

use common::{Place, text};
use serde_json::Value;

/// Six sentences, and answers to them: `x.txt` is right on all, `y.jsonl` on three and gives none to one, `z.tsv` on five.
fn place() -> Place {
    let place = Place::empty();
    let write = |name: &str, text: String| fs::write(place.path(name), text).unwrap();
    let gold = ["founded", "founded", "founded", "located", "located", "no_relation"];
    let sentence = |(id, relation): (usize, &str)| {
        format!(
            "{{\"id\":\"s{id}\",\"text\":\"<e1>Acme{id}</e1> and <e2>Rome</e2>.\",\"relation\":\"{relation}\"}}\n"
        )
    };
    write("data.jsonl", gold.into_iter().enumerate().map(sentence).collect());
    write("x.txt", gold.iter().enumerate().map(|(id, relation)| format!("s{id}\t{relation}\n")).collect());
    let y = [Some("founded"), Some("located"), Some("located"), Some("located"), None, Some("no_relation")];
    let line = |(id, relation): (usize, Option<&str>)| {
        let value = serde_json::json!({"id": format!("s{id}"), "relation": relation, "probability": 0.5});
        format!("{value}\n")
    };
    write("y.jsonl", y.into_iter().enumerate().map(line).collect());
    let z = gold.iter().enumerate().map(|(id, relation)| {
        let relation = if id == 5 { "founded" } else { relation };
        format!("s{id}\t{relation}\t0.9000\n")
    });
    // In another order.
    write("z.tsv", z.rev().collect());
    place
}

#[test]
fn answers_are_compared_with_scores_tests_and_what_differs() {
    let place = place();
    // Worked out by hand. y: 4 answers that are relations, 2 of them right, of 5: micro-F1 4/9. Of the 8 ways of exchanging the
    // three answers that x and y differ in, only none and all make a difference of 5/9. z: 5 of 6 answers right, F1 10/11; x and z
    // differ in one answer, which makes the same difference either way.
    insta::assert_snapshot!(
        place.succeeds("compare x.txt y.jsonl z.tsv --data data.jsonl --sentences 2 --out d.jsonl")
    );
    let differing = fs::read_to_string(place.path("d.jsonl")).unwrap();
    let lines: Vec<Value> = differing.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["s1", "s2", "s4", "s5"]);
    assert_eq!(lines[2]["answers"][1]["relation"], Value::Null);
    assert_eq!(lines[0]["sentence"], "<e1>Acme1</e1> and <e2>Rome</e2> .");
    let said = place.fails("compare x.txt y.jsonl --data data.jsonl --out d.jsonl");
    assert!(said.contains("d.jsonl already exists"), "{said}");

    let json = place.succeeds("compare x.txt y.jsonl z.tsv --data data.jsonl --json");
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["scorer"], "tacred");
    let close = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 1e-12;
    let [xy, xz, yz] = &report["pairs"].as_array().unwrap()[..] else { panic!("{report}") };
    assert!(
        close(&xy["difference"], 5.0 / 9.0) && close(&xy["p"], 0.25) && close(&xy["p_holm"], 0.75),
        "{xy}"
    );
    assert!(close(&xz["difference"], 1.0 / 11.0) && close(&xz["p"], 1.0), "{xz}");
    assert_eq!(
        (&yz["differ"], &yz["only_one_right"], &yz["only_other_right"]),
        (&4.into(), &1.into(), &3.into())
    );
    assert_eq!(xy["differences"][0]["count"], 2);
    assert_eq!(report["systems"][1]["unanswered"], 1);
    assert_eq!(report["sentences"].as_array().unwrap().len(), 4);
}

#[test]
fn models_and_their_predictions_are_the_same() {
    let place = Place::new();
    for (seed, model) in [(1, "m1"), (2, "m2")] {
        place.succeeds(&format!(
            "train --train train.jsonl --vectors v.txt --learner pa-lstm --hidden 8 --arm supervised --epochs 3 --no-annotations \
             --seed {seed} --quiet --out {model}"
        ));
    }
    for format in ["tsv", "jsonl", "semeval"] {
        let answers = place.succeeds(&format!("predict m1 test.jsonl --format {format} --top-k 2"));
        fs::write(place.path(format), answers).unwrap();
    }
    let json = place.succeeds("compare m1 m2 tsv jsonl semeval --data test.jsonl --json");
    let report: Value = serde_json::from_str(&json).unwrap();
    for pair in report["pairs"].as_array().unwrap() {
        let is_m2 = pair["one"] == 1 || pair["other"] == 1;
        assert_eq!(pair["differ"] == 0, !is_m2, "{pair}");
        assert!(is_m2 || pair["p"] == 1.0, "{pair}");
    }
    let evaluated: Value = serde_json::from_str(&place.succeeds("evaluate m2 test.jsonl --json")).unwrap();
    assert_eq!(report["systems"][1]["scores"]["primary"], evaluated["primary"]);
    let again = place.succeeds("compare m1 m2 tsv jsonl semeval --data test.jsonl --json --threads 1");
    assert_eq!(json, again);
}

#[test]
fn what_does_not_match_is_named() {
    let place = place();
    let write = |name: &str, text: &str| fs::write(place.path(name), text).unwrap();
    let all = "s0\tfounded\ns1\tfounded\ns2\tfounded\ns3\tlocated\ns4\tlocated\n";
    write("fewer.txt", all);
    write("more.txt", &format!("{all}s5\tlocated\nt6\tlocated\n"));
    write("near.txt", &format!("{all}s5\tFounded\n"));
    write("typo.txt", &format!("{all}s5\tlocatde\n"));
    write("others.txt", "s0\tper:age\ns1\tper:title\n");
    write("new.txt", &format!("{all}s5\torg:parents\n"));
    write("twice.txt", &format!("{all}s4\tlocated\n"));
    write(
        "same-ids.jsonl",
        &fs::read_to_string(place.path("data.jsonl")).unwrap().replace("\"s5\"", "\"s4\""),
    );
    let mut everything = String::new();
    for arguments in [
        "x.txt fewer.txt --data data.jsonl",
        "x.txt more.txt --data data.jsonl",
        "x.txt near.txt --data data.jsonl",
        "x.txt typo.txt --data data.jsonl",
        "x.txt others.txt --data data.jsonl",
        "x.txt twice.txt --data data.jsonl",
        "x.txt data.jsonl.none --data data.jsonl",
        "x.txt y.jsonl --data same-ids.jsonl",
    ] {
        everything += &place.fails(&format!("compare {arguments}"));
        everything.push_str("---\n");
    }
    insta::assert_snapshot!(everything);

    let output = place.run("compare x.txt new.txt --data data.jsonl");
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("warning: new.txt: 1 answer has a label that no sentence of data.jsonl has"),
        "{said}"
    );
    assert!(said.contains("org:parents"), "{said}");
    let output = place.run("compare x.txt fewer.txt --data data.jsonl --allow-missing");
    assert!(text(&output.stderr).contains("they count as not found"), "{}", text(&output.stderr));
    assert!(output.status.success());
    assert_eq!(place.run("compare x.txt --data data.jsonl").status.code(), Some(2));
}
