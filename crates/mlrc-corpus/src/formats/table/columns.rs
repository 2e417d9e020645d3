//! What the columns of a table hold, by their names or by what they look like.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::formats::markers;
use crate::suggest::suggest;

/// What a column holds, by the name that it has when a table is written, and the names that others give it. Upper and
/// lower case are the same, and so are spaces, hyphens and underscores.
const ROLES: &[(&str, &[&str])] = &[
    ("id", &["sentence_id", "sent_id", "idx", "index", "unnamed:_0", ""]),
    (
        "relation",
        &[
            "label",
            "rel",
            "relation_type",
            "relation_name",
            "relation_label",
            "predicate",
            "property",
            "class",
        ],
    ),
    (
        "head",
        &[
            "subject",
            "subj",
            "e1",
            "entity1",
            "entity_1",
            "ent1",
            "h",
            "head_entity",
            "subject_entity",
            "arg1",
        ],
    ),
    (
        "tail",
        &["object", "obj", "e2", "entity2", "entity_2", "ent2", "t", "tail_entity", "object_entity", "arg2"],
    ),
    ("text", &["sentence", "sent", "context", "passage", "sentence_text", "marked_sentence"]),
    ("tokens", &["token", "words"]),
    ("offsets", &["token_offsets"]),
    (
        "head_start",
        &[
            "head_offset",
            "subject_start",
            "subj_start",
            "e1_start",
            "entity1_start",
            "entity_1_start",
            "h_start",
        ],
    ),
    ("head_end", &["subject_end", "subj_end", "e1_end", "entity1_end", "entity_1_end", "h_end"]),
    (
        "tail_start",
        &[
            "tail_offset",
            "object_start",
            "obj_start",
            "e2_start",
            "entity2_start",
            "entity_2_start",
            "t_start",
        ],
    ),
    ("tail_end", &["object_end", "obj_end", "e2_end", "entity2_end", "entity_2_end", "t_end"]),
    ("head_type", &["subject_type", "subj_type", "e1_type", "entity1_type", "entity_1_type", "h_type"]),
    ("tail_type", &["object_type", "obj_type", "e2_type", "entity2_type", "entity_2_type", "t_type"]),
    ("pos", &[]),
    ("ner", &[]),
    ("heads", &[]),
    ("deprels", &[]),
    ("fold", &[]),
];

/// Which column of a table holds what, where that cannot be recognised or is recognised wrongly. As text:
/// `text=Satz,relation=Klasse`, or columns by their number from 1, as in a table without a header: `text=2,relation=3`.
///
/// ```
/// use mlrc_corpus::Columns;
///
/// assert!("text=Satz,relation=3".parse::<Columns>().is_ok());
/// assert!("sense=Satz".parse::<Columns>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(Vec<(&'static str, String)>);

impl Columns {
    /// What columns can hold.
    pub fn roles() -> impl Iterator<Item = &'static str> {
        ROLES.iter().map(|(role, _)| *role)
    }

    /// Says that `column` (a name, or a number from 1) holds `role`, which is one of [`Columns::roles`].
    ///
    /// # Errors
    /// If columns cannot hold that, or `role` was said before.
    pub fn with(mut self, role: &str, column: &str) -> Result<Self, String> {
        let Some(role) = Self::roles().find(|known| *known == role) else {
            let known: Vec<&str> = Self::roles().collect();
            let meant =
                suggest(role, &known).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            return Err(format!("expected one of {}, found `{role}`{meant}", known.join(", ")));
        };
        if self.0.iter().any(|(known, _)| *known == role) {
            return Err(format!("expected each column once, found `{role}` twice"));
        }
        if column.is_empty() {
            return Err(format!("expected the name or the number of a column for `{role}`, found nothing"));
        }
        self.0.push((role, column.to_owned()));
        Ok(self)
    }
}

impl FromStr for Columns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut columns = Self::default();
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (role, column) = pair
                .split_once('=')
                .ok_or_else(|| format!("expected `text=COLUMN`, found `{}`", pair.trim()))?;
            columns = columns.with(role.trim(), column.trim())?;
        }
        Ok(columns)
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.0.iter().map(|(role, column)| format!("{role}={column}")).collect();
        out.write_str(&pairs.join(","))
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a column of this name holds, and how good a name it is for that: 0 is the best.
fn role_of(name: &str) -> Option<(&'static str, usize)> {
    let plain: String =
        name.trim().to_lowercase().chars().map(|c| if c == ' ' || c == '-' { '_' } else { c }).collect();
    ROLES.iter().find_map(|(role, others)| {
        let rank = std::iter::once(role).chain(*others).position(|known| *known == plain)?;
        Some((*role, rank))
    })
}

/// The place of each role in the rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The name of each column, if the first row has them.
    pub(crate) header: Option<Vec<String>>,
    /// Roles and the columns that hold them.
    roles: Vec<(&'static str, usize)>,
}

impl Plan {
    /// The plan for columns or fields of these names. Of several names for one role, the best counts.
    pub(crate) fn by_names<S: AsRef<str>>(names: &[S]) -> Self {
        let mut best: Vec<(&'static str, usize, usize)> = Vec::new();
        for (column, name) in names.iter().enumerate() {
            let Some((role, rank)) = role_of(name.as_ref()) else { continue };
            match best.iter_mut().find(|(known, ..)| *known == role) {
                Some(known) if rank < known.2 => *known = (role, column, rank),
                Some(_) => {}
                None => best.push((role, column, rank)),
            }
        }
        let roles = best.into_iter().map(|(role, column, _)| (role, column)).collect();
        Self { header: Some(names.iter().map(|name| name.as_ref().to_owned()).collect()), roles }
    }

    /// The column that holds a role.
    pub(crate) fn column(&self, role: &str) -> Option<usize> {
        self.roles.iter().find(|(known, _)| *known == role).map(|(_, column)| *column)
    }

    pub(crate) fn has(&self, role: &str) -> bool {
        self.column(role).is_some()
    }

    /// What messages call the column of a role.
    pub(crate) fn name(&self, role: &str) -> String {
        match (self.column(role), &self.header) {
            (Some(column), Some(header)) => header.get(column).cloned().unwrap_or_default(),
            (Some(column), None) => format!("column {}", column + 1),
            (None, _) => role.to_owned(),
        }
    }

    /// The columns that hold nothing known.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        let header = self.header.iter().flatten().enumerate();
        let unknown = header.filter(|(column, _)| self.roles.iter().all(|(_, known)| known != column));
        unknown.map(|(_, name)| name.as_str())
    }

    /// The column that is read instead of one that would hold the same.
    pub(crate) fn instead_of(&self, name: &str) -> Option<String> {
        let (role, _) = role_of(name)?;
        self.has(role).then(|| self.name(role))
    }

    /// Whether names begin with a space, as in `text, relation`, so that the spaces around cells are not part of them.
    pub(crate) fn is_spaced(&self) -> bool {
        self.header.iter().flatten().any(|name| name.starts_with(' '))
    }

    /// Whether names like these can only be those of a table of relations.
    fn is_telling(&self) -> bool {
        let sentence = self.has("text") || self.has("tokens");
        sentence && (self.has("relation") || self.has("head") && self.has("tail") || self.has("head_start"))
    }

    /// The plan for a table that begins with these rows, if it can be recognised.
    pub(crate) fn recognise(rows: &[Vec<String>], tabs: bool) -> Option<Self> {
        let first = rows.first()?;
        if first.len() < 2 {
            return None;
        }
        let marked = first.iter().any(|cell| markers::is_marked(cell));
        let named = Self::by_names(first);
        if !marked {
            return named.is_telling().then_some(named);
        }
        Self::by_content(rows, tabs)
    }

    /// The plan for a table of marked sentences without a header: besides the sentence, it has a label, an identifier,
    /// or both.
    fn by_content(rows: &[Vec<String>], tabs: bool) -> Option<Self> {
        let count = rows.first()?.len();
        let same = rows.iter().all(|row| row.len() == count);
        let mut marked = (0..count).filter(|column| markers::is_marked(&rows[0][*column]));
        let (Some(text), None) = (marked.next(), marked.next()) else { return None };
        if !same || !rows.iter().all(|row| markers::is_marked(&row[text])) {
            return None;
        }
        let others: Vec<usize> = (0..count).filter(|column| *column != text).collect();
        let all = |column: usize, is: fn(&str) -> bool| rows.iter().all(|row| is(&row[column]));
        // The rest of a sentence after a comma is no label.
        if !others.iter().all(|column| all(*column, could_be_cell)) {
            return None;
        }
        let numbers = |column: usize| all(column, |cell| cell.bytes().all(|byte| byte.is_ascii_digit()));
        let (id, relation) = match others[..] {
            [only] if only > text => (None, Some(only)),
            // An identifier, a tab and a sentence are not a table but the format `inline` or `semeval`.
            [only] if tabs => all(only, is_directed).then_some((None, Some(only)))?,
            [only] if numbers(only) => (Some(only), None),
            [only] => (None, Some(only)),
            [one, other] if numbers(one) || one < text && text < other => (Some(one), Some(other)),
            [one, other] if numbers(other) => (Some(other), Some(one)),
            _ => return None,
        };
        let roles = [("text", Some(text)), ("id", id), ("relation", relation)];
        let roles = roles.into_iter().filter_map(|(role, column)| Some((role, column?))).collect();
        Some(Self { header: None, roles })
    }

    /// The plan with what the caller says about columns, for a table that begins with `first`.
    pub(crate) fn with(columns: &Columns, first: &[String]) -> Result<Self, String> {
        let number = |column: &str| column.parse::<usize>().ok();
        let find = |column: &str| first.iter().position(|name| name.trim() == column);
        let named = columns.0.iter().any(|(_, column)| number(column).is_none());
        let mut plan = Self::by_names(first);
        if !named && !plan.is_telling() {
            plan = Self { header: None, roles: Vec::new() };
        }
        let mut said = Vec::new();
        for (role, column) in &columns.0 {
            let by_number = || number(column)?.checked_sub(1).filter(|column| *column < first.len());
            let found = find(column).filter(|_| plan.header.is_some()).or_else(by_number);
            let Some(found) = found else {
                let names: Vec<String> = first.iter().take(20).map(|name| format!("`{name}`")).collect();
                return Err(format!(
                    "expected the column `{column}` for `{role}`, found {} columns: {}",
                    first.len(),
                    names.join(", ")
                ));
            };
            said.push((*role, found));
        }
        let free = |(role, column): &(&'static str, usize)| {
            said.iter().all(|(known, taken)| known != role && taken != column)
        };
        plan.roles.retain(free);
        plan.roles.extend(said);
        Ok(plan)
    }
}

/// Whether a cell beside a sentence looks like a label or an identifier.
fn could_be_cell(cell: &str) -> bool {
    let words = cell.split_whitespace().count();
    !cell.is_empty()
        && !cell.starts_with(char::is_whitespace)
        && words <= 4
        && !cell.ends_with(['.', '"', '!', '?'])
}

/// Whether a cell is a label of SemEval's.
fn is_directed(cell: &str) -> bool {
    cell.ends_with("(e1,e2)") || cell.ends_with("(e2,e1)") || cell == "Other"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    fn recognised(table: &[&[&str]], tabs: bool) -> Option<String> {
        let plan = Plan::recognise(&rows(table), tabs)?;
        let mut roles = plan.roles.clone();
        roles.sort_by_key(|(_, column)| *column);
        Some(
            roles
                .into_iter()
                .map(|(role, column)| format!("{role}={}", column + 1))
                .collect::<Vec<_>>()
                .join(","),
        )
    }

    /// Rows, whether they are separated by tabs, and the roles of their columns.
    type Case<'a> = (&'a [&'a [&'a str]], bool, Option<&'a str>);

    #[test]
    fn columns_are_recognised_by_name_or_content() {
        let marked = "<e1>a</e1> of <e2>b</e2>";
        let cases: [Case; 17] = [
            (&[&["Sentence", "label"]], false, Some("text=1,relation=2")),
            (&[&["label", "relation", "text"]], false, Some("relation=2,text=3")),
            (&[&["e1", "E2", "sentence text"]], false, Some("head=1,tail=2,text=3")),
            (
                &[&["", "text", "head start", "tail-start"]],
                false,
                Some("id=1,text=2,head_start=3,tail_start=4"),
            ),
            (&[&["text", "number"]], false, None),
            (&[&["relation", "label"]], false, None),
            (&[&[marked, "r"]], true, Some("text=1,relation=2")),
            (&[&[marked, "7"]], true, Some("text=1,relation=2")),
            (&[&["r", marked]], false, Some("relation=1,text=2")),
            (&[&["r", marked]], true, None),
            (&[&["r(e1,e2)", marked], &["Other", marked]], true, Some("relation=1,text=2")),
            (&[&["7", marked]], false, Some("id=1,text=2")),
            (&[&["7", marked, "r"]], true, Some("id=1,text=2,relation=3")),
            (&[&["r", "7", marked]], false, Some("relation=1,id=2,text=3")),
            (&[&["r", "s", marked]], false, None),
            (&[&[marked, " he said."]], false, None),
            (&[&[marked, "r"], &["no markers", "r"]], false, None),
        ];
        for (table, tabs, expected) in cases {
            assert_eq!(recognised(table, tabs).as_deref(), expected, "{table:?}");
        }
    }

    #[test]
    fn columns_can_be_said() {
        let columns: Columns = "text=Satz,relation=3".parse().unwrap();
        assert_eq!(columns.to_string(), "text=Satz,relation=3");
        let plan = Plan::with(&columns, &rows(&[&["id", "Satz", "x", "text"]])[0]).unwrap();
        let places = ["id", "text", "relation", "head"].map(|role| plan.column(role));
        assert_eq!(places, [Some(0), Some(1), Some(2), None]);
        let numbers: Columns = "text=2,relation=1".parse().unwrap();
        let plan = Plan::with(&numbers, &rows(&[&["r", "<e1>a</e1>"]])[0]).unwrap();
        assert_eq!((plan.header.is_none(), plan.column("text")), (true, Some(1)));
        let error = Plan::with(&"text=4".parse().unwrap(), &rows(&[&["a", "b"]])[0]).unwrap_err();
        assert_eq!(error, "expected the column `4` for `text`, found 2 columns: `a`, `b`");
        for (wrong, expected) in [
            ("txt=1", "did you mean `text`?"),
            ("text", "expected `text=COLUMN`, found `text`"),
            ("text=1,text=2", "found `text` twice"),
            ("text=", "found nothing"),
        ] {
            let error = wrong.parse::<Columns>().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
