//! A human-readable table, rendered as Markdown, LaTeX (booktabs) and HTML.

use std::fmt::Write as _;

use mlrc::escape::{field, markdown, xml};

/// Cells of text under a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name in file names: letters, digits, `-`, `_`, `.`
    pub name: String,
    /// What it shows.
    pub title: String,
    /// How to read it.
    pub note: String,
    /// The columns.
    pub header: Vec<String>,
    /// How many of the columns, from the left, hold words rather than numbers.
    pub words: usize,
    /// The rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
    /// A last row, separated from the others by a rule.
    pub total: Option<Vec<String>>,
}

impl Table {
    /// As Markdown, under its title; without the note.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<_> = cells.iter().map(|cell| markdown(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule: String =
            (0..self.header.len()).map(|c| if c < self.words { "---|" } else { "--:|" }).collect();
        let rows: String = self.rows.iter().chain(&self.total).map(|row| line(row)).collect();
        format!("### {}\n\n{}|{rule}\n{rows}\n", markdown(&self.title), line(&self.header))
    }

    /// As a LaTeX float, which needs the packages `booktabs` and `graphicx`; scaled down if it is wider than
    /// the text.
    pub fn latex(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| latex(cell)).collect();
            format!("    {} \\\\\n", cells.join(" & "))
        };
        let columns: String =
            (0..self.header.len()).map(|c| if c < self.words { 'l' } else { 'r' }).collect();
        let mut out = String::from("% \\usepackage{booktabs,graphicx}\n\\begin{table}\n  \\centering\n");
        let _ = writeln!(out, "  \\caption{{{}. {}}}", latex(&self.title), latex(&self.note));
        let _ = writeln!(out, "  \\label{{tab:{}}}", self.name.replace('_', "-"));
        let _ = write!(
            out,
            "  \\resizebox{{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}}{{!}}{{%\n  \\begin{{tabular}}{{{columns}}}\n    \\toprule\n{}    \\midrule\n",
            line(&self.header)
        );
        self.rows.iter().for_each(|row| out += &line(row));
        if let Some(total) = &self.total {
            let _ = write!(out, "    \\midrule\n{}", line(total));
        }
        out += "    \\bottomrule\n  \\end{tabular}}\n\\end{table}\n";
        out
    }

    /// As an HTML table with a caption; without the note.
    pub fn html(&self) -> String {
        let line = |cells: &[String], tag: &str| {
            let cell = |(place, cell): (usize, &String)| {
                let class = if place < self.words { " class=\"words\"" } else { "" };
                format!("<{tag}{class}>{}</{tag}>", xml(cell))
            };
            format!("<tr>{}</tr>\n", cells.iter().enumerate().map(cell).collect::<String>())
        };
        let rows: String = self.rows.iter().map(|row| line(row, "td")).collect();
        let total = self
            .total
            .as_ref()
            .map_or_else(String::new, |row| format!("<tfoot>\n{}</tfoot>\n", line(row, "td")));
        format!(
            "<table>\n<caption>{}</caption>\n<thead>\n{}</thead>\n<tbody>\n{rows}</tbody>\n{total}</table>\n",
            xml(&self.title),
            line(&self.header, "th"),
        )
    }
}

/// Escapes text for LaTeX.
fn latex(text: &str) -> String {
    let mut out = String::new();
    for character in field(text).chars() {
        match character {
            '%' | '_' | '&' | '#' | '$' | '{' | '}' => out.extend(['\\', character]),
            '\\' => out += "\\textbackslash{}",
            '^' => out += "\\textasciicircum{}",
            '~' => out += "\\textasciitilde{}",
            '−' => out += "$-$",
            '±' => out += "$\\pm$",
            '–' => out += "--",
            '…' => out += "\\dots{}",
            'ⁿ' => out += "$^n$",
            '†' => out += "$^\\dagger$",
            '<' => out += "$<$",
            '>' => out += "$>$",
            // A non-breaking space.
            '\u{a0}' => out.push('~'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlrc::files;

    fn table() -> Table {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        Table {
            name: files::name(&["relations", "my learner/2", "0.5", "last"]),
            title: "my learner/2, last: macro_f1 in %".to_owned(),
            note: "Mean ± deviation".to_owned(),
            header: row(["relation", "#", "A & B"]),
            words: 1,
            rows: vec![row(["per:age_<of>", "3.5", "−1.5 – 2"]), row(["{x}\\y^~$", "4", "7"])],
            total: Some(row(["all", "7.5", "3"])),
        }
    }

    #[test]
    fn latex_is_escaped_and_ruled() {
        let expected = r"% \usepackage{booktabs,graphicx}
\begin{table}
  \centering
  \caption{my learner/2, last: macro\_f1 in \%. Mean $\pm$ deviation}
  \label{tab:relations-my-learner-2-0.5-last}
  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%
  \begin{tabular}{lrr}
    \toprule
    relation & \# & A \& B \\
    \midrule
    per:age\_$<$of$>$ & 3.5 & $-$1.5 -- 2 \\
    \{x\}\textbackslash{}y\textasciicircum{}\textasciitilde{}\$ & 4 & 7 \\
    \midrule
    all & 7.5 & 3 \\
    \bottomrule
  \end{tabular}}
\end{table}
";
        assert_eq!(table().latex(), expected);
    }

    #[test]
    fn markdown_and_html_say_the_same() {
        assert_eq!(
            table().markdown(),
            "### my learner/2, last: macro_f1 in %\n\n\
             | relation | # | A & B |\n|---|--:|--:|\n\
             | per:age_&lt;of> | 3.5 | −1.5 – 2 |\n| {x}\\\\y^~$ | 4 | 7 |\n| all | 7.5 | 3 |\n\n"
        );
        let html = table().html();
        for part in [
            "<caption>my learner/2, last: macro_f1 in %</caption>",
            "<th class=\"words\">relation</th><th>#</th><th>A &amp; B</th>",
            "<tr><td class=\"words\">per:age_&lt;of&gt;</td><td>3.5</td><td>−1.5 – 2</td></tr>",
            "<tfoot>\n<tr><td class=\"words\">all</td>",
        ] {
            assert!(html.contains(part), "{html}");
        }
    }
}
