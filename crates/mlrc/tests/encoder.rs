//! Pretrained encoders against Hugging Face's transformers, and what happens to folders that are not sound.
//!
//! `bench/encoder/expected.py` made the small encoders in `encoders/`, and the expected values.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use mlrc::resources::{Encoder, Rounding};
use safetensors::SafeTensors;
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    tokens: Vec<String>,
    pieces: Vec<u32>,
    /// Which components of a state are given; all of them by default.
    #[serde(default)]
    components: Vec<usize>,
    /// `[blocks + 1][pieces][components]`
    states: Vec<Vec<Vec<f32>>>,
}

const SMALL: [&str; 4] = ["bert", "mpnet", "roberta", "distilbert"];

fn encoders() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encoders")
}

fn expected(path: &Path) -> Vec<Expected> {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The greatest difference between computed and expected states.
fn difference(folder: &Path, expected: &[Expected]) -> f32 {
    let encoder = Encoder::read(folder, Rounding::Exact).unwrap();
    let mut greatest = 0.0_f32;
    for Expected { tokens, pieces, components, states } in expected {
        let (found_pieces, found) = encoder.states(tokens).unwrap();
        assert_eq!(&found_pieces, pieces, "{tokens:?}");
        assert_eq!(found.len(), states.len(), "blocks");
        let hidden = encoder.hidden();
        let components = if components.is_empty() { (0..hidden).collect() } else { components.clone() };
        for (found, expected) in found.iter().zip(states) {
            for (state, expected) in found.chunks_exact(hidden).zip(expected) {
                for (component, expected) in components.iter().zip(expected) {
                    greatest = greatest.max((state[*component] - expected).abs());
                }
            }
        }
    }
    greatest
}

#[test]
fn parity_with_transformers_for_every_architecture() {
    for name in SMALL {
        let folder = encoders().join(name);
        let off = difference(&folder, &expected(&folder.join("expected.json")));
        assert!(off < 2e-5, "{name}: {off}");
    }
}

#[test]
fn parity_with_transformers_on_genuine_weights() {
    for name in ["minilm", "mpnet"] {
        let Some(folder) = common::genuine_encoder(name) else { continue };
        let off = difference(&folder, &expected(&encoders().join(format!("{name}.json"))));
        println!("{name}: the greatest difference is {off:.1e}");
        assert!(off < 1e-4, "{name}: {off}");
    }
}

fn tokens(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn rows(vectors: &mlrc::resources::SentenceVectors) -> Vec<f32> {
    let mut rows = Vec::new();
    (0..vectors.tokens()).for_each(|token| vectors.append(token, &mut rows));
    rows
}

#[test]
fn a_token_is_the_mean_of_its_pieces_and_bits_do_not_depend_on_company_or_threads() {
    let encoder = Encoder::read(&encoders().join("bert"), Rounding::Half).unwrap();
    let vectors = encoder.vectors(&[1, 3]).unwrap();
    assert_eq!((vectors.dimension(), vectors.blocks()), (48, &[1, 3][..]));
    let sentences: Vec<Vec<String>> =
        (0..60).map(|n| tokens(&"the fire was unbelievably 123 ".repeat(1 + n % 7))).collect();
    let borrowed: Vec<&[String]> = sentences.iter().map(Vec::as_slice).collect();
    let together = vectors.of(&borrowed);
    for threads in [1, 3] {
        let pool = rayon_pool(threads);
        assert!(pool.install(|| vectors.of(&borrowed)) == together, "{threads} threads");
    }
    for (sentence, vectors_together) in borrowed.iter().zip(&together) {
        assert!(vectors.of(&[sentence])[0] == *vectors_together);
    }
    // "unbelievably" is un ##believ ##ably.
    let (pieces, states) = encoder.states(&sentences[0]).unwrap();
    let first = 1 + 3;
    assert_eq!(pieces.len(), 2 + 3 + 3 + 3 + 1, "three words, three pieces, three digits, an empty token");
    for (place, block) in [1, 3].into_iter().enumerate() {
        for c in 0..24 {
            let mean = (first..first + 3).map(|piece| states[block][piece * 24 + c]).sum::<f32>() / 3.0;
            let found = rows(&together[0])[3 * 48 + place * 24 + c];
            assert!((found - mean).abs() <= 1e-3 * mean.abs().max(0.1), "{found} {mean}");
        }
    }
}

#[test]
fn weights_in_8_bits_stay_near_and_bits_do_not_depend_on_company_or_threads() {
    for name in SMALL {
        let folder = encoders().join(name);
        let exact = Encoder::read(&folder, Rounding::Exact).unwrap();
        let rounded = Encoder::read(&folder, Rounding::Int8).unwrap();
        let quantised = exact.quantised();
        let hashes = [exact.hash(), rounded.hash(), quantised.hash()];
        assert!(hashes[0] != hashes[1] && hashes[0] != hashes[2], "caches do not mix");
        for Expected { tokens, .. } in expected(&folder.join("expected.json")) {
            let [exact, rounded, quantised] =
                [&exact, &rounded, &*quantised].map(|encoder| encoder.states(&tokens).unwrap().1);
            assert!(rounded == quantised, "{name}");
            for (exact, rounded) in exact.iter().zip(&rounded) {
                let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
                let cosine = dot(exact, rounded) / (dot(exact, exact) * dot(rounded, rounded)).sqrt();
                assert!(cosine > 0.999, "{name}: {cosine}");
                assert!(exact != rounded, "{name}");
            }
        }
        let vectors = rounded.vectors(&[1, 3]).unwrap();
        let sentences: Vec<Vec<String>> =
            (0..60).map(|n| tokens(&"the fire was unbelievably 123 ".repeat(1 + n % 7))).collect();
        let borrowed: Vec<&[String]> = sentences.iter().map(Vec::as_slice).collect();
        let together = vectors.of(&borrowed);
        for threads in [1, 3] {
            assert!(rayon_pool(threads).install(|| vectors.of(&borrowed)) == together, "{threads} threads");
        }
        for (sentence, vectors_together) in borrowed.iter().zip(&together) {
            assert!(vectors.of(&[sentence])[0] == *vectors_together);
        }
    }
}

fn rayon_pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

#[test]
fn long_sentences_are_read_in_windows() {
    for name in SMALL {
        let encoder = Encoder::read(&encoders().join(name), Rounding::Half).unwrap();
        let vectors = encoder.vectors(&[]).unwrap();
        // 96 positions; a word of 90 letters is nearly as many pieces, one of 120 is more or, for BERT's, unknown.
        for (length, letters) in [(30, 90), (50, 120), (100, 10), (150, 90), (400, 120)] {
            let mut sentence = tokens(&"fire was caused by it in the bomb ".repeat(length / 8 + 1));
            sentence.truncate(length);
            sentence[length / 2] = "x1y2z3".repeat(letters / 6);
            assert!(length < 100 || vectors.is_too_long(&sentence));
            let found = &vectors.of(&[&sentence])[0];
            assert_eq!(found.tokens(), length);
            let rows = rows(found);
            for (token, row) in rows.chunks_exact(vectors.dimension()).enumerate() {
                assert!(
                    row.iter().any(|value| *value != 0.0),
                    "{name}: token {token} of {length} has no vector"
                );
            }
        }
        assert!(!vectors.is_too_long(&tokens("the fire")));
        assert_eq!(vectors.of(&[&[]])[0].tokens(), 0);
    }
}

#[test]
fn folders_that_are_not_sound_are_refused_with_a_reason() {
    let source = encoders().join("bert");
    let place = tempfile::tempdir().unwrap();
    let fresh = || {
        for name in ["config.json", "tokenizer.json", "model.safetensors"] {
            fs::copy(source.join(name), place.path().join(name)).unwrap();
        }
    };
    let refused = || Encoder::read(place.path(), Rounding::Half).unwrap_err().to_string();
    let edit = |name: &str, from: &str, to: &str| {
        let path = place.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    };

    for (key, from, to, reason) in [
        ("kind", "\"model_type\": \"bert\"", "\"model_type\": \"gpt2\"", "supported are bert"),
        ("no kind", "\"model_type\": \"bert\",", "", "no `model_type`"),
        ("activation", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", "supported is \"gelu\""),
        ("heads", "\"num_attention_heads\": 3", "\"num_attention_heads\": 5", "not a multiple"),
        ("zero", "\"num_attention_heads\": 3", "\"num_attention_heads\": 0", "expected 1 to"),
        ("large", "\"hidden_size\": 24", "\"hidden_size\": 24000", "expected 1 to 8192"),
        ("larger", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4", "no tensor `encoder.layer.3"),
        ("shape", "\"hidden_size\": 24", "\"hidden_size\": 27", "has the shape"),
        ("type", "\"hidden_size\": 24", "\"hidden_size\": \"24\"", "invalid type"),
        ("not JSON", "\"hidden_size\"", "hidden_size", "not JSON"),
    ] {
        fresh();
        edit("config.json", from, to);
        let error = refused();
        assert!(error.contains("config.json") || error.contains("model.safetensors"), "{key}: {error}");
        assert!(error.contains(reason), "{key}: {error}");
    }

    fresh();
    let weights = place.path().join("model.safetensors");
    let whole = fs::read(&weights).unwrap();
    for damaged in
        [&whole[..whole.len() - 1], &whole[..100], &[], &[&whole[..], &[0; 8]].concat()[..], &[0xff; 64]]
    {
        fs::write(&weights, damaged).unwrap();
        let error = refused();
        assert!(error.contains("model.safetensors: "), "{error}");
    }
    fs::remove_file(&weights).unwrap();
    fs::write(place.path().join("pytorch_model.bin"), "").unwrap();
    assert!(
        refused().contains("only pytorch_model.bin, whose format can run a stranger's code"),
        "{}",
        refused()
    );
    fs::remove_file(place.path().join("pytorch_model.bin")).unwrap();
    assert!(refused().contains("it has no model.safetensors"), "{}", refused());

    fresh();
    fs::write(place.path().join("tokenizer.json"), "{}").unwrap();
    assert!(refused().contains("tokenizer.json: "), "{}", refused());
    fs::remove_file(place.path().join("tokenizer.json")).unwrap();
    assert!(refused().contains("neither tokenizer.json nor vocab.txt"), "{}", refused());
    assert!(
        Encoder::read(&place.path().join("absent"), Rounding::Half)
            .unwrap_err()
            .to_string()
            .contains("it has no config.json")
    );

    // Not a number among the weights.
    fresh();
    let mut poisoned = whole.clone();
    let (header, metadata) = SafeTensors::read_metadata(&whole).unwrap();
    let end = 8 + header + metadata.info("encoder.layer.1.output.dense.bias").unwrap().data_offsets.1;
    poisoned[end - 4..end].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&weights, poisoned).unwrap();
    let encoder = Encoder::read(place.path(), Rounding::Half).unwrap();
    let error = encoder.states(&tokens("the fire")).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("not finite"), "{error}");
    let missing = encoder.vectors(&[4]).unwrap_err().to_string();
    assert_eq!(
        missing,
        "the encoder has blocks 1 to 3 (0 stands for the embeddings), so there is no block 4"
    );
}

#[test]
fn a_list_of_pieces_is_as_good_as_a_tokenizer() {
    let source = encoders().join("bert");
    let place = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors"] {
        fs::copy(source.join(name), place.path().join(name)).unwrap();
    }
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(source.join("tokenizer.json")).unwrap()).unwrap();
    let vocabulary = json["model"]["vocab"].as_object().unwrap();
    let mut pieces: Vec<(&String, u64)> =
        vocabulary.iter().map(|(p, id)| (p, id.as_u64().unwrap())).collect();
    pieces.sort_by_key(|(_, id)| *id);
    let text: String = pieces.iter().map(|(piece, _)| format!("{piece}\r\n")).collect();
    fs::write(place.path().join("vocab.txt"), text).unwrap();
    let off = difference(place.path(), &expected(&source.join("expected.json")));
    assert!(off < 2e-5, "{off}");
}
