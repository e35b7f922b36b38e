//! A check's page, cut for its readers: the manual without the fixtures that test the check, and single paragraphs of it.

/// The page without its `fleet` and `findings` blocks, and without headings that have nothing under them then.
pub(crate) fn manual(page: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut fence: Option<(&str, bool)> = None;
    for line in page.lines() {
        let trimmed = line.trim_start();
        match fence {
            Some((mark, keep)) => {
                if keep {
                    kept.push(line);
                }
                if trimmed.starts_with(mark) && trimmed.trim_start_matches('`').trim().is_empty() {
                    fence = None;
                }
            }
            None => {
                let ticks = trimmed.len() - trimmed.trim_start_matches('`').len();
                let is_fence = ticks >= 3;
                let language = trimmed.trim_start_matches('`').split_whitespace().next().unwrap_or("");
                let keep = !(is_fence && matches!(language, "fleet" | "findings"));
                if is_fence {
                    fence = Some((trimmed.get(..ticks).unwrap_or("```"), keep));
                }
                if keep {
                    kept.push(line);
                }
            }
        }
    }
    without_empty_sections(&kept)
}

/// The paragraph `**label.** ...` up to the next label or empty line, on one line; empty when the page has none.
pub(crate) fn paragraph(page: &str, label: &str) -> String {
    let opening = format!("**{label}.**");
    let Some((_, after)) = page.split_once(&opening) else { return String::new() };
    let mut words: Vec<&str> = Vec::new();
    for line in after.lines() {
        // A label opens with `**` and ends with `.**`; emphasis inside the prose does not.
        let cut = line.match_indices("**").find(|(at, _)| {
            let rest = line.get(at + 2..).unwrap_or("");
            rest.split_once("**").is_some_and(|(inside, _)| inside.ends_with('.') && !inside.starts_with(' '))
        });
        let line = cut.and_then(|(at, _)| line.get(..at)).unwrap_or(line);
        if line.trim().is_empty() && (cut.is_some() || !words.is_empty()) {
            break;
        }
        words.extend(line.split_whitespace());
        if cut.is_some() {
            break;
        }
    }
    words.join(" ")
}

/// The first web address of the page.
pub(crate) fn address(page: &str) -> Option<&str> {
    let start = page.find("https://")?;
    let rest = page.get(start..)?;
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, ')' | '>' | '"' | '`' | ']'))
        .unwrap_or(rest.len());
    Some(rest.get(..end)?.trim_end_matches(['.', ',', ';']))
}

/// Markdown emphasis removed, for a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.replace("**", "")
}

fn without_empty_sections(lines: &[&str]) -> String {
    let mut out: Vec<&str> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_section = line.starts_with("##");
        if is_section {
            let next = lines.iter().skip(at + 1).find(|next| !next.trim().is_empty());
            if next.is_none_or(|next| next.starts_with('#')) {
                continue;
            }
        }
        if line.trim().is_empty() && out.last().is_none_or(|last| last.trim().is_empty()) {
            continue;
        }
        out.push(line);
    }
    let mut text = out.join("\n");
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# X_CHECK\nFinds things\nthat are bad.\n\n**Why it matters.** Because.\n**How to fix.** Do *this*, \
                        then **that**\nnow.  **Source.** RFC 1, <https://example.org/a>.\n\n## A case\n```fleet\nnow = 1\n```\n\
                        ```findings\nLOW a X\n```\n## Prose\n\nText stays.\n\n```json\n{}\n```\n";

    #[test]
    fn fixtures_and_their_headings_go_and_prose_stays() {
        let manual = manual(PAGE);
        assert!(manual.starts_with("# X_CHECK\nFinds things\nthat are bad.\n"), "{manual}");
        assert!(manual.ends_with("## Prose\n\nText stays.\n\n```json\n{}\n```\n"), "{manual}");
        assert!(
            !manual.contains("A case") && !manual.contains("now = 1") && !manual.contains("LOW"),
            "{manual}"
        );
    }

    #[test]
    fn single_paragraphs_are_found() {
        assert_eq!(paragraph(PAGE, "Why it matters"), "Because.");
        assert_eq!(paragraph(PAGE, "How to fix"), "Do *this*, then **that** now.");
        assert_eq!(paragraph(PAGE, "Rule"), "");
        assert_eq!(address(PAGE), Some("https://example.org/a"));
        assert_eq!(address("none"), None);
    }
}
