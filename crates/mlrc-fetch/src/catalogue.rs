//! What can be fetched: from where, under which licence, and what is known about the content.
//!
//! Digests are only given where the genuine bytes were hashed, or where a widely used library publishes them;
//! a comment says which. For other files, the digest is recorded when they are first fetched (`FILE.sha256`).

use crate::error::{FetchError, Remedy};

/// A data set, a set of word vectors or a pretrained encoder.
#[derive(Debug)]
pub struct Dataset {
    /// The name used here, close to the publishers' name.
    pub name: &'static str,
    /// A title, for a list of names.
    pub title: &'static str,
    /// Who may obtain it.
    pub access: Access,
}

/// Who may obtain a data set.
#[derive(Debug)]
pub enum Access {
    /// Everyone.
    Open(Release),
    /// Those who have an agreement with its owners; it cannot be downloaded.
    Licensed(Licensed),
}

/// What the publishers provide.
#[derive(Debug)]
pub struct Release {
    /// A one-line description of its content.
    pub about: &'static str,
    /// Its licence.
    pub licence: &'static str,
    /// The publication to cite.
    pub citation: &'static str,
    pub(crate) sources: &'static [Source],
}

/// What is shown instead of downloading.
#[derive(Debug)]
pub struct Licensed {
    /// In one line, that it cannot be downloaded.
    pub about: &'static str,
    reason: &'static str,
    help: &'static str,
}

/// A file on a server, at one of several addresses.
#[derive(Debug)]
pub struct Source {
    pub file: Content,
    /// The publisher's first.
    pub addresses: &'static [&'static str],
    /// The files wanted from it, if it is a zip archive.
    pub members: &'static [Member],
}

/// A file's name and what is known about its bytes.
#[derive(Debug)]
pub struct Content {
    pub name: &'static str,
    pub size: Option<u64>,
    pub sha256: Option<&'static str>,
}

/// A file in an archive, in whatever folder it is there.
#[derive(Debug)]
pub struct Member {
    pub file: Content,
    /// For vectors: their dimension, by which one of the files is chosen.
    pub dimension: Option<u16>,
}

impl Dataset {
    /// All data sets.
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// The data set of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|dataset| dataset.name == name)
    }

    /// The files to download.
    ///
    /// # Errors
    /// If it may not be redistributed: the error says why, and its help how to obtain it.
    pub fn release(&self) -> Result<&Release, FetchError> {
        match &self.access {
            Access::Open(release) => Ok(release),
            Access::Licensed(terms) => Err(FetchError::new(terms.reason).with_help(terms.help)),
        }
    }

    /// The dimension of the vectors: the requested one, or the default.
    pub(crate) fn dimension(&self, asked: Option<u16>) -> Result<Option<u16>, FetchError> {
        let known = self.release()?.dimensions();
        let name = self.name;
        match asked {
            None => Ok(known.first().copied()),
            Some(asked) if known.contains(&asked) => Ok(Some(asked)),
            Some(_) if known.is_empty() => {
                Err(FetchError::new(format!("{name} has no word vectors")).with_remedy(Remedy::NoDimension))
            }
            Some(asked) => {
                let known: Vec<_> = known.iter().map(ToString::to_string).collect();
                Err(FetchError::new(format!("{name} has no vectors of dimension {asked}"))
                    .with_help(format!("available dimensions: {}", known.join(", "))))
            }
        }
    }
}

impl Release {
    /// The available dimensions of vectors, the default first.
    fn dimensions(&self) -> Vec<u16> {
        self.sources.iter().flat_map(|source| source.members).filter_map(|member| member.dimension).collect()
    }
}

impl Source {
    /// The files wanted from it.
    pub fn wanted(&self, dimension: Option<u16>) -> Vec<&Content> {
        if self.members.is_empty() {
            return vec![&self.file];
        }
        let chosen = |member: &&Member| member.dimension == dimension;
        self.members.iter().filter(chosen).map(|member| &member.file).collect()
    }
}

/// All data sets, in the order in which they are listed.
static ALL: [Dataset; 8] = [SEMEVAL, MINILM, MPNET, GLOVE_6B, GLOVE_840B, FEWREL, KNOWLEDGENET, TACRED];

const fn unknown(name: &'static str) -> Content {
    Content { name, size: None, sha256: None }
}

const fn known(name: &'static str, size: u64, sha256: &'static str) -> Content {
    Content { name, size: Some(size), sha256: Some(sha256) }
}

const fn member(file: Content) -> Member {
    Member { file, dimension: None }
}

const fn vectors(name: &'static str, dimension: u16) -> Member {
    Member { file: unknown(name), dimension: Some(dimension) }
}

/// The archive itself is not verified, but its files are: their digests are those of the official release of
/// 16 July 2010, of which both mirrors have exact copies.
const SEMEVAL: Dataset = Dataset {
    name: "semeval",
    title: "SemEval-2010 Task 8",
    access: Access::Open(Release {
        about: "SemEval-2010 Task 8: 8000 training and 2717 test sentences, 19 labels",
        licence: "CC BY 3.0",
        citation: "Hendrickx et al., SemEval 2010, https://aclanthology.org/S10-1006",
        sources: &[Source {
            file: unknown("SemEval2010_task8_all_data.zip"),
            addresses: &[
                "https://drive.google.com/uc?export=download&id=0B_jQiLugGTAkMDQ5ZjZiMTUtMzQ1Yy00YWNmLWJlZDYtOWY1ZDMwY2U4YjFk&resourcekey=0-k0OTSIGrF9UAcrTFfInlrw",
                "https://raw.githubusercontent.com/sahitya0000/Relation-Classification/master/corpus/SemEval2010_task8_all_data.zip",
                "https://raw.githubusercontent.com/JoelNiklaus/SemEval2010Task8/main/SemEval2010_task8_all_data.zip",
            ],
            members: &[
                member(known(
                    "TRAIN_FILE.TXT",
                    1_397_759,
                    "c22fee88957d245a4b1650c6743eb8c594dcdeffc6a2aa1fa6cced059eebf0e3",
                )),
                member(known(
                    "TEST_FILE_FULL.TXT",
                    473_888,
                    "9ec7a35d5582b4da0fb72aa55a6121bc414ade573459e1dcf68bf189f8c18ae8",
                )),
                member(known(
                    "SEMEVAL_TASK8_FULL_RELEASE_README.txt",
                    736,
                    "b3123ce727c67125d3b7bc1f8614030b2ef1a219fe8bc8bfae9a96e781f2d24d",
                )),
            ],
        }],
    }),
};

/// The digest of the weights is that of its makers' file; the small files have none, so they come last: those of another model
/// are not taken for its own.
const MINILM: Dataset = Dataset {
    name: "minilm",
    title: "all-MiniLM-L6-v2, a small pretrained encoder",
    access: Access::Open(Release {
        about: "all-MiniLM-L6-v2: a pretrained encoder of English of 6 blocks of 384 (87 MiB to download)",
        licence: "Apache-2.0",
        citation: "Wang et al. 2020, https://arxiv.org/abs/2002.10957; Reimers and Gurevych 2019, https://aclanthology.org/D19-1410",
        sources: &[
            Source {
                file: known(
                    "model.safetensors",
                    90_868_376,
                    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                ),
                addresses: &[
                    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/model.safetensors",
                ],
                members: &[],
            },
            Source {
                file: unknown("config.json"),
                addresses: &[
                    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/config.json",
                ],
                members: &[],
            },
            Source {
                file: unknown("tokenizer.json"),
                addresses: &[
                    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/tokenizer.json",
                ],
                members: &[],
            },
        ],
    }),
};

/// As above.
const MPNET: Dataset = Dataset {
    name: "mpnet",
    title: "all-mpnet-base-v2, a pretrained encoder",
    access: Access::Open(Release {
        about: "all-mpnet-base-v2: a pretrained encoder of English of 12 blocks of 768 (418 MiB to download)",
        licence: "Apache-2.0",
        citation: "Song et al. 2020, https://arxiv.org/abs/2004.09297; Reimers and Gurevych 2019, https://aclanthology.org/D19-1410",
        sources: &[
            Source {
                file: known(
                    "model.safetensors",
                    437_971_872,
                    "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
                ),
                addresses: &[
                    "https://huggingface.co/sentence-transformers/all-mpnet-base-v2/resolve/main/model.safetensors",
                ],
                members: &[],
            },
            Source {
                file: unknown("config.json"),
                addresses: &[
                    "https://huggingface.co/sentence-transformers/all-mpnet-base-v2/resolve/main/config.json",
                ],
                members: &[],
            },
            Source {
                file: unknown("tokenizer.json"),
                addresses: &[
                    "https://huggingface.co/sentence-transformers/all-mpnet-base-v2/resolve/main/tokenizer.json",
                ],
                members: &[],
            },
        ],
    }),
};

/// The archive's digest is the one that torchtext publishes for it (as do Keras's examples); zip's own
/// checksums cover the files in it.
const GLOVE_6B: Dataset = Dataset {
    name: "glove.6B",
    title: "GloVe vectors from Wikipedia and Gigaword",
    access: Access::Open(Release {
        about: "GloVe vectors of 400,000 lower-cased words, from Wikipedia and Gigaword (822 MiB to download)",
        licence: "PDDL 1.0",
        citation: "Pennington et al., EMNLP 2014, https://aclanthology.org/D14-1162",
        sources: &[Source {
            file: known(
                "glove.6B.zip",
                862_182_613,
                "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
            ),
            addresses: &[
                "https://nlp.stanford.edu/data/glove.6B.zip",
                "https://downloads.cs.stanford.edu/nlp/data/glove.6B.zip",
                "https://huggingface.co/stanfordnlp/glove/resolve/main/glove.6B.zip",
            ],
            members: &[
                vectors("glove.6B.50d.txt", 50),
                vectors("glove.6B.100d.txt", 100),
                vectors("glove.6B.200d.txt", 200),
                vectors("glove.6B.300d.txt", 300),
            ],
        }],
    }),
};

/// The archive's digest is the one that torchtext publishes for it.
const GLOVE_840B: Dataset = Dataset {
    name: "glove.840B",
    title: "GloVe vectors from Common Crawl",
    access: Access::Open(Release {
        about: "GloVe vectors of 2.2 million words in 300 dimensions, from Common Crawl (2 GiB to download, 5.3 GiB unpacked)",
        licence: "PDDL 1.0",
        citation: "Pennington et al., EMNLP 2014, https://aclanthology.org/D14-1162",
        sources: &[Source {
            file: known(
                "glove.840B.300d.zip",
                2_176_768_927,
                "c06db255e65095393609f19a4cfca20bf3a71e20cc53e892aafa490347e3849f",
            ),
            addresses: &[
                "https://nlp.stanford.edu/data/glove.840B.300d.zip",
                "https://downloads.cs.stanford.edu/nlp/data/glove.840B.300d.zip",
                "https://huggingface.co/stanfordnlp/glove/resolve/main/glove.840B.300d.zip",
            ],
            members: &[vectors("glove.840B.300d.txt", 300)],
        }],
    }),
};

/// Digests are those of the repository's last commit, 278a231 (4 May 2022); there is none for the largest
/// file.
const FEWREL: Dataset = Dataset {
    name: "fewrel",
    title: "FewRel 1.0",
    access: Access::Open(Release {
        about: "FewRel 1.0: 64 training and 16 validation relations, 700 sentences each, and the relation names",
        licence: "MIT",
        citation: "Han et al., EMNLP 2018, https://aclanthology.org/D18-1514",
        sources: &[
            Source {
                file: unknown("train_wiki.json"),
                addresses: &[
                    "https://raw.githubusercontent.com/thunlp/FewRel/master/data/train_wiki.json",
                    "https://github.com/thunlp/FewRel/raw/master/data/train_wiki.json",
                ],
                members: &[],
            },
            Source {
                file: known(
                    "val_wiki.json",
                    3_534_147,
                    "76bb44c2485b6faed358a3ce040eadafcc8a8835245cd7e6afc1bef672d4a0bf",
                ),
                addresses: &[
                    "https://raw.githubusercontent.com/thunlp/FewRel/master/data/val_wiki.json",
                    "https://github.com/thunlp/FewRel/raw/master/data/val_wiki.json",
                ],
                members: &[],
            },
            Source {
                file: known(
                    "pid2name.json",
                    80_278,
                    "eeedd25512a8e4c2bc06b78009836d27de81807bcba6ed929debd5cd713c07ea",
                ),
                addresses: &[
                    "https://raw.githubusercontent.com/thunlp/FewRel/master/data/pid2name.json",
                    "https://github.com/thunlp/FewRel/raw/master/data/pid2name.json",
                ],
                members: &[],
            },
        ],
    }),
};

/// No digest: the published file was not available when this was written.
const KNOWLEDGENET: Dataset = Dataset {
    name: "knowledgenet",
    title: "KnowledgeNet",
    access: Access::Open(Release {
        about: "KnowledgeNet: English passages with 15 properties of people and organisations \
            (public training part)",
        licence: "CC BY-SA 4.0",
        citation: "Mesquita et al., EMNLP 2019, https://aclanthology.org/D19-1069",
        sources: &[Source {
            file: unknown("train.json"),
            addresses: &[
                "https://raw.githubusercontent.com/diffbot/knowledge-net/master/dataset/train.json",
                "https://github.com/diffbot/knowledge-net/raw/master/dataset/train.json",
            ],
            members: &[],
        }],
    }),
};

const TACRED: Dataset = Dataset {
    name: "tacred",
    title: "TACRED: not freely available, so this only explains how to obtain it",
    access: Access::Licensed(Licensed {
        about: "licensed by the LDC, cannot be downloaded: see `mlrc fetch tacred`",
        reason: "TACRED is licensed by the Linguistic Data Consortium, and cannot be downloaded without an agreement",
        help: "get LDC2018T24 from https://catalog.ldc.upenn.edu/LDC2018T24; mlrc reads the release's files: \
               tacred/data/json/train.json to train, dev.json to choose by, test.json to evaluate",
    }),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for dataset in Dataset::all() {
            assert!(std::ptr::eq(Dataset::named(dataset.name).unwrap(), dataset), "{}", dataset.name);
        }
        assert!(Dataset::named("glove").is_none());
    }

    #[test]
    fn the_first_vectors_are_taken_unless_others_are_asked_for() {
        let dimension = |name, asked| Dataset::named(name).unwrap().dimension(asked);
        assert_eq!(dimension("glove.6B", None), Ok(Some(50)));
        assert_eq!(dimension("glove.6B", Some(300)), Ok(Some(300)));
        assert_eq!(dimension("semeval", None), Ok(None));
        let none = dimension("semeval", Some(50)).unwrap_err();
        assert_eq!(none.to_string(), "semeval has no word vectors");
        let other = dimension("glove.840B", Some(50)).unwrap_err();
        assert_eq!(other.help(), Some("available dimensions: 300"));
    }
}
