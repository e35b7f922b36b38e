//! What several fuzz targets read their input as.

/// A request of HTTP, taken apart.
#[derive(Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    pub query: &'a str,
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads method, path, query and `name:value` headers, one on a line; what follows an empty line is the body.
    pub fn read(input: &'a [u8]) -> Option<Self> {
        let split = input.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = split.map_or((input, &[][..]), |at| (&input[..at], &input[at + 2..]));
        let mut lines = std::str::from_utf8(head).ok()?.split('\n');
        let mut next = || lines.next().unwrap_or_default();
        let (method, path, query) = (next(), next(), next());
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name, value.as_bytes())).collect();
        Some(Self { method, path, query, headers, body })
    }
}

/// Two texts, the first line and the rest.
pub fn two(input: &[u8]) -> Option<(&str, &str)> {
    Some(std::str::from_utf8(input).ok()?.split_once('\n').unwrap_or_default())
}
