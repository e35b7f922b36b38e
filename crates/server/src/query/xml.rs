//! Writes XML: elements, texts, lists. Whatever the texts are, what comes out is well-formed.

/// A piece of XML in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Xml(String);

impl Xml {
    /// Nothing.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// `<name>...</name>` around what `inside` writes. Names are ours, never a client's.
    pub(crate) fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.open(name, "");
        inside(self);
        self.close(name)
    }

    /// As [`Xml::element`], in a namespace.
    pub(crate) fn root(&mut self, name: &str, namespace: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.open(name, &format!(" xmlns=\"{namespace}\""));
        inside(self);
        self.close(name)
    }

    /// An element with text in it.
    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.element(name, |xml| xml.escape(value))
    }

    /// An element with text in it, or nothing.
    pub(crate) fn maybe(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// A list: `<name><member>...</member>...</name>`.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.element(name, |xml| {
            for item in items {
                xml.element("member", |xml| write(xml, item));
            }
        })
    }

    /// Text between tags.
    pub(crate) fn escape(&mut self, value: &str) {
        for character in value.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                // A parser would turn it into a line feed.
                '\r' => self.0.push_str("&#13;"),
                '\t' | '\n' => self.0.push(character),
                // What XML 1.0 cannot carry at all (section 2.2).
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.0.push('\u{fffd}'),
                _ => self.0.push(character),
            }
        }
    }

    /// What was written before, as it is.
    pub(crate) fn append(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// The text.
    pub(crate) fn into_string(self) -> String {
        self.0
    }

    fn open(&mut self, name: &str, attributes: &str) {
        for part in ["<", name, attributes, ">"] {
            self.0.push_str(part);
        }
    }

    fn close(&mut self, name: &str) -> &mut Self {
        for part in ["</", name, ">"] {
            self.0.push_str(part);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_lists() {
        let mut xml = Xml::new();
        xml.root("R", "urn:x", |xml| {
            xml.text("A", "1").maybe("B", None).maybe("C", Some("2"));
            xml.list("L", ["x", "y"], |xml, item| xml.escape(item));
            xml.list("M", [""; 0], |xml, item| xml.escape(item));
        });
        assert_eq!(
            xml.into_string(),
            "<R xmlns=\"urn:x\"><A>1</A><C>2</C><L><member>x</member><member>y</member></L><M></M></R>"
        );
    }

    #[test]
    fn text_cannot_break_out() {
        let mut xml = Xml::new();
        xml.text("A", "</A>&\"'\r\n\t\0\u{1b}\u{ffff}é𝄞");
        let expected = "<A>&lt;/A&gt;&amp;&quot;'&#13;\n\t\u{fffd}\u{fffd}\u{fffd}é𝄞</A>";
        assert_eq!(xml.into_string(), expected);
    }
}
