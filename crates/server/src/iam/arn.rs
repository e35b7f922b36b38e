//! ARNs of users, roles and policies.

/// `arn:aws:iam::ACCOUNT:KIND/PATH/NAME`; `path` begins and ends with `/`.
pub(crate) fn of(account: &str, kind: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:{kind}{path}{name}")
}

/// The ARN of an account itself.
pub(crate) fn root(account: &str) -> String {
    format!("arn:aws:iam::{account}:root")
}

/// Kind, path and name of an ARN of this account: of `arn:aws:iam::123456789012:role/a/b`, `role`, `/a/` and `b`.
pub(crate) fn parts<'a>(account: &str, arn: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
    let resource = arn.strip_prefix("arn:aws:iam::")?.strip_prefix(account)?.strip_prefix(':')?;
    let (kind, rest) = resource.split_at_checked(resource.find('/')?)?;
    let (path, name) = rest.split_at_checked(rest.rfind('/')?.checked_add(1)?)?;
    Some((kind, path, name)).filter(|_| !name.is_empty())
}

/// The account of an ARN, which may be empty.
pub(crate) fn account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_come_apart_as_they_were_put_together() {
        for (kind, path, name) in [("user", "/", "alice"), ("role", "/service-role/x/", "r@b")] {
            let arn = of("123456789012", kind, path, name);
            assert_eq!(parts("123456789012", &arn), Some((kind, path, name)), "{arn}");
            assert_eq!(parts("999999999999", &arn), None);
            assert_eq!(account(&arn), Some("123456789012"));
        }
        for bad in ["arn:aws:iam::1:user/", "arn:aws:iam::1:root", "arn:aws:sts::1:user/a", "x", ""] {
            assert_eq!(parts("1", bad), None, "{bad}");
        }
    }
}
