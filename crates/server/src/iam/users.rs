//! Users.

use thingwarden_store::records::{IamAccessKey, IamUser};
use thingwarden_store::{Filter, Reader, Record, Writer};

use super::Outcome;
use super::cx::Cx;
use super::identity::{self, Holder, delete_conflict, no_such_entity};
use super::text::{LONG_NAME, NAME, PATH};
use crate::auth::Kind;
use crate::query::{Form, QueryError, Xml};

pub(super) fn create(cx: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let user = IamUser { identity: identity::create::<IamUser>(cx, store, form)? };
    store.insert(&user)?;
    Ok(Some(element(cx, &user)))
}

pub(super) fn get(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    Ok(Some(element(cx, &wanted(cx, store, form)?)))
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    identity::list(cx, store, form, "Users", |xml, user: &IamUser| identity::describe(cx, xml, user))
}

/// Gives another name or path. What belongs to the user goes by its unique id, and so stays.
pub(super) fn update(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let mut user = identity::named::<IamUser>(store, form)?;
    let name = form.optional("NewUserName", &NAME)?;
    let path = form.optional("NewPath", &PATH)?;
    let old_id = user.id().into_owned();
    if let Some(path) = path {
        user.identity.path = path;
    }
    if let Some(name) = name {
        user.identity.name = name;
    }
    if *user.id() == *old_id {
        store.update(&user)?;
    } else {
        identity::must_be_free::<IamUser>(store, &user.identity.name)?;
        store.delete::<IamUser>(&old_id)?;
        store.insert(&user)?;
    }
    Ok(None)
}

pub(super) fn delete(_: &Cx, store: &Writer<'_>, form: &mut Form) -> Outcome {
    let user = identity::named::<IamUser>(store, form)?;
    if store.count::<IamAccessKey>(&[Filter::eq("user_id", user.identity.unique_id.as_str())])? > 0 {
        return Err(delete_conflict("delete the access keys of the user first"));
    }
    identity::must_be_bare(store, &user)?;
    store.delete::<IamUser>(&user.id())?;
    Ok(None)
}

/// Takes the user's name; without one the caller is meant.
pub(super) fn wanted(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Result<IamUser, QueryError> {
    match (form.optional(IamUser::PARAMETER, &LONG_NAME)?, cx.caller.kind()) {
        (Some(name), _) => identity::require(store, &name),
        (None, Kind::User { .. }) => identity::by_unique_id(store, cx.caller.user_id())?
            .ok_or_else(|| no_such_entity("the caller does not exist any more".to_owned())),
        (None, Kind::Root | Kind::AssumedRole { .. }) => {
            Err(QueryError::validation("must specify userName when calling with non-User credentials"))
        }
    }
}

fn element(cx: &Cx, user: &IamUser) -> Xml {
    let mut xml = Xml::new();
    xml.element("User", |xml| {
        identity::describe(cx, xml, user);
        identity::describe_more(xml, &user.identity);
    });
    xml
}
