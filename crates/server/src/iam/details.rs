//! `GetAccountAuthorizationDetails`: all users, roles and policies with what they allow.

use thingwarden_store::Reader;
use thingwarden_store::records::{IamPolicy, IamRole, IamUser};

use super::cx::Cx;
use super::identity::{self, Holder};
use super::{Outcome, aws_managed, documents, paging, policies, versions};
use crate::query::{Form, QueryError, Xml};

const KINDS: [&str; 5] = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

enum Detail {
    User(IamUser),
    Role(IamRole),
    Policy(IamPolicy),
}

pub(super) fn get(cx: &Cx, store: &Reader<'_>, form: &mut Form) -> Outcome {
    let mut kinds: Vec<&'static str> =
        form.items("Filter", KINDS.len(), |form, member| form.choice(member, &KINDS))?;
    if kinds.is_empty() {
        kinds = KINDS.to_vec();
    }
    let asked = paging::Asked::take(form)?;
    let mut gather = paging::Gather::new(cx, &asked, format!("details {kinds:?}"))?;
    if kinds.contains(&"User") {
        gather.records('0', store, &mut |user| Ok(Some(Detail::User(user))))?;
    }
    if kinds.contains(&"Role") {
        gather.records('1', store, &mut |role| Ok(Some(Detail::Role(role))))?;
    }
    if kinds.contains(&"LocalManagedPolicy") {
        gather.records('2', store, &mut |policy| Ok(Some(Detail::Policy(policy))))?;
    }
    if kinds.contains(&"AWSManagedPolicy") {
        for policy in aws_managed::all() {
            let name = policy.name.clone();
            gather.one('3', &name, || Ok(Some(Detail::Policy(policy))))?;
        }
    }
    let page = gather.page(cx);
    let (mut users, mut roles, mut managed) = (Xml::new(), Xml::new(), Xml::new());
    for detail in &page.items {
        match detail {
            Detail::User(user) => member(&mut users, |xml| describe_user(cx, store, xml, user))?,
            Detail::Role(role) => member(&mut roles, |xml| describe_role(cx, store, xml, role))?,
            Detail::Policy(policy) => member(&mut managed, |xml| describe_policy(store, xml, policy))?,
        }
    }
    let mut xml = Xml::new();
    for (name, members) in [
        ("UserDetailList", users),
        ("GroupDetailList", Xml::new()),
        ("RoleDetailList", roles),
        ("Policies", managed),
    ] {
        xml.element(name, |xml| {
            xml.append(&members);
        });
    }
    page.end(&mut xml);
    Ok(Some(xml))
}

fn member(
    list: &mut Xml,
    describe: impl FnOnce(&mut Xml) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    let mut inside = Xml::new();
    describe(&mut inside)?;
    list.element("member", |xml| {
        xml.append(&inside);
    });
    Ok(())
}

fn describe_user(cx: &Cx, store: &Reader<'_>, xml: &mut Xml, user: &IamUser) -> Result<(), QueryError> {
    xml.list("GroupList", [(); 0], |_, ()| {});
    describe_holder(cx, store, xml, user)
}

fn describe_role(cx: &Cx, store: &Reader<'_>, xml: &mut Xml, role: &IamRole) -> Result<(), QueryError> {
    xml.text("AssumeRolePolicyDocument", &documents::encode(&role.trust_policy));
    xml.list("InstanceProfileList", [(); 0], |_, ()| {});
    describe_holder(cx, store, xml, role)
}

fn describe_holder<H: Holder>(
    cx: &Cx,
    store: &Reader<'_>,
    xml: &mut Xml,
    holder: &H,
) -> Result<(), QueryError> {
    identity::describe(cx, xml, holder);
    let inline = &holder.identity().inline_policies;
    xml.list(&format!("{}PolicyList", H::ELEMENT), inline, |xml, (name, document)| {
        xml.text("PolicyName", name).text("PolicyDocument", &documents::encode(document));
    });
    let attached = identity::attached(store, holder.identity())?;
    identity::write_attached(xml, "AttachedManagedPolicies", &attached);
    identity::describe_more(xml, holder.identity());
    Ok(())
}

fn describe_policy(store: &Reader<'_>, xml: &mut Xml, policy: &IamPolicy) -> Result<(), QueryError> {
    policies::describe(store, xml, policy)?;
    xml.list("PolicyVersionList", &policy.versions, |xml, (number, version)| {
        xml.text("Document", &documents::encode(&version.document));
        versions::describe(xml, policy, *number);
    });
    Ok(())
}
