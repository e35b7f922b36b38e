//! Who somebody is.

use thingwarden_store::Reader;

use crate::iam::text::ACCESS_KEY_ID;
use crate::iam::{Cx, Outcome, ids};
use crate::query::{Form, QueryError, Xml};

/// Needs no permission: whoever can sign may know who they are.
pub(super) fn get_caller_identity(cx: &Cx, _: &Reader<'_>, _: &mut Form) -> Outcome {
    let mut xml = Xml::new();
    xml.text("Arn", cx.caller.arn()).text("UserId", cx.caller.user_id()).text("Account", cx.caller.account());
    Ok(Some(xml))
}

/// The account of an access key, which the key's id says, whether there is such a key or not.
pub(super) fn get_access_key_info(_: &Cx, _: &Reader<'_>, form: &mut Form) -> Outcome {
    let id = form.required("AccessKeyId", &ACCESS_KEY_ID)?;
    let Some(account) = ids::account_of(&id) else {
        return Err(QueryError::validation("this is not the id of an access key of this server"));
    };
    let mut xml = Xml::new();
    xml.text("Account", &account);
    Ok(Some(xml))
}
