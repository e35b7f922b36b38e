//! Provisioning templates: what devices are provisioned with, and with whose rights.

use thingwarden_store::records::{
    CaCertificate, ProvisioningClaim, ProvisioningHook, ProvisioningTemplate, ProvisioningTemplateVersion,
};
use thingwarden_store::{Filter, Query, Reader, Writer};
use thingwarden_wire::types::{
    self, CreateProvisioningTemplateInput, CreateProvisioningTemplateOutput, DeleteProvisioningTemplateInput,
    DescribeProvisioningTemplateInput, DescribeProvisioningTemplateOutput, ListProvisioningTemplatesInput,
    ListProvisioningTemplatesOutput, ProvisioningTemplateSummary, TemplateType,
    UpdateProvisioningTemplateInput,
};
use thingwarden_wire::{Code, Empty, Timestamp};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::provisioning_template_versions::{id, require as require_version};
use super::{policies, roles, tags};
use crate::provisioning::{Purpose, Template};

/// The word for a template in messages.
pub(super) const KIND: &str = "provisioning template";
/// Results on a page if nobody says.
pub(super) const PAGE: usize = policies::PAGE;
/// The one version of what a function is asked with (AWS IoT guide, "Pre-provisioning hooks").
const PAYLOAD_VERSION: &str = "2020-04-01";

pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateProvisioningTemplateInput,
) -> Result<CreateProvisioningTemplateOutput, ApiError> {
    let name = input.template_name;
    let arn = arn_of(cx, &name);
    if store.exists::<ProvisioningTemplate>(&name)? {
        return Err(ApiError::already_exists(KIND, &name, &arn));
    }
    let limit = cx.app.quotas.provisioning_templates;
    if store.count::<ProvisioningTemplate>(&[])? >= limit {
        let message = format!("there are {limit} provisioning templates already, which is the limit");
        return Err(ApiError::limit(message));
    }
    roles::check_arn(&input.provisioning_role_arn)?;
    let kind = input.r#type.unwrap_or(TemplateType::FleetProvisioning);
    check_body(&input.template_body, kind.as_str())?;
    let made = ProvisioningTemplate {
        name,
        description: input.description,
        // As AWS has it, a template does nothing until somebody says so.
        enabled: input.enabled.unwrap_or(false),
        kind: kind.as_str().to_owned(),
        role_arn: input.provisioning_role_arn,
        hook: input.pre_provisioning_hook.map(|hook| checked_hook(kind.as_str(), hook)).transpose()?,
        default_version: 1,
        last_version: 1,
        created_ms: cx.now_ms,
        modified_ms: cx.now_ms,
    };
    store.insert(&made)?;
    store.insert(&ProvisioningTemplateVersion {
        template: made.name.clone(),
        version: 1,
        body: input.template_body,
        created_ms: cx.now_ms,
    })?;
    tags::set_new(cx, store, &arn, input.tags)?;
    Ok(CreateProvisioningTemplateOutput {
        default_version_id: Some(1),
        template_arn: Some(arn),
        template_name: Some(made.name),
    })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeProvisioningTemplateInput,
) -> Result<DescribeProvisioningTemplateOutput, ApiError> {
    let found = require(store, &input.template_name)?;
    let version = require_version(store, &found, found.default_version)?;
    Ok(DescribeProvisioningTemplateOutput {
        creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
        default_version_id: id(found.default_version),
        description: found.description,
        enabled: Some(found.enabled),
        last_modified_date: Some(Timestamp::from_epoch_ms(found.modified_ms)),
        pre_provisioning_hook: found.hook.map(|hook| types::ProvisioningHook {
            payload_version: hook.payload_version,
            target_arn: hook.target_arn,
        }),
        provisioning_role_arn: Some(found.role_arn),
        template_arn: Some(arn_of(cx, &found.name)),
        template_body: Some(version.body),
        template_name: Some(found.name),
        r#type: TemplateType::parse(&found.kind),
    })
}

/// Changes what is given. Whoever is being provisioned is so as the template was.
pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateProvisioningTemplateInput,
) -> Result<Empty, ApiError> {
    let mut found = require(store, &input.template_name)?;
    if let Some(arn) = input.provisioning_role_arn {
        roles::check_arn(&arn)?;
        found.role_arn = arn;
    }
    if let Some(version) = input.default_version_id {
        found.default_version = require_version(store, &found, version.into())?.version;
    }
    match (input.pre_provisioning_hook, input.remove_pre_provisioning_hook == Some(true)) {
        (Some(_), true) => {
            let message = "give `preProvisioningHook` or `removePreProvisioningHook`, not both";
            return Err(ApiError::invalid(message));
        }
        (Some(hook), false) => found.hook = Some(checked_hook(&found.kind, hook)?),
        (None, true) => found.hook = None,
        (None, false) => {}
    }
    found.description = input.description.or(found.description);
    found.enabled = input.enabled.unwrap_or(found.enabled);
    found.modified_ms = cx.now_ms;
    store.update(&found)?;
    Ok(Empty {})
}

/// With all versions. What was provisioned with it stays.
pub(super) fn delete(
    cx: &Cx,
    store: &Writer<'_>,
    input: DeleteProvisioningTemplateInput,
) -> Result<Empty, ApiError> {
    let found = require(store, &input.template_name)?;
    let name = found.name.as_str();
    if store.count::<CaCertificate>(&[Filter::eq("template_name", name)])? > 0 {
        let message = format!("provisioning template `{name}` is named by a CA certificate");
        return Err(ApiError::new(Code::DeleteConflictException, message));
    }
    let of_template = [Filter::eq("template", name)];
    for version in store.all::<ProvisioningTemplateVersion>(&of_template)? {
        let id = ProvisioningTemplateVersion::id_of(name, version.version);
        store.delete::<ProvisioningTemplateVersion>(&id)?;
    }
    for claim in store.all::<ProvisioningClaim>(&of_template)? {
        store.delete::<ProvisioningClaim>(&claim.certificate)?;
    }
    store.delete::<ProvisioningTemplate>(name)?;
    tags::forget(store, &arn_of(cx, name))?;
    Ok(Empty {})
}

/// As they came.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListProvisioningTemplatesInput,
) -> Result<ListProvisioningTemplatesOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let page = paging::list::<ProvisioningTemplate>(cx, store, asked, &Query::default())?;
    let summary = |found: ProvisioningTemplate| ProvisioningTemplateSummary {
        creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
        description: found.description,
        enabled: Some(found.enabled),
        last_modified_date: Some(Timestamp::from_epoch_ms(found.modified_ms)),
        template_arn: Some(arn_of(cx, &found.name)),
        template_name: Some(found.name),
        r#type: TemplateType::parse(&found.kind),
    };
    let templates = page.items.into_iter().map(summary).collect();
    Ok(ListProvisioningTemplatesOutput { templates, next_token: page.next_token })
}

/// The template, or an error that says that there is none.
pub(super) fn require(store: &Reader<'_>, name: &str) -> Result<ProvisioningTemplate, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

pub(super) fn arn_of(cx: &Cx, name: &str) -> String {
    super::arn::provisioning_template(&cx.scope, name)
}

/// That a body can be used for templates of a type.
pub(super) fn check_body(body: &str, kind: &str) -> Result<(), ApiError> {
    let purpose = if kind == TemplateType::Jitp.as_str() { Purpose::JustInTime } else { Purpose::Fleet };
    Ok(Template::parse(body)?.check_purpose(purpose)?)
}

/// Whether there is such a function is not asked: it may come later.
fn checked_hook(kind: &str, hook: types::ProvisioningHook) -> Result<ProvisioningHook, ApiError> {
    if kind != TemplateType::FleetProvisioning.as_str() {
        return Err(ApiError::invalid("only templates of type FLEET_PROVISIONING have a hook"));
    }
    let types::ProvisioningHook { payload_version, target_arn } = hook;
    if crate::egress::lambda::region_and_name(&target_arn).is_none() {
        let shown = super::shown(&target_arn);
        return Err(ApiError::invalid(format!("`{shown}` is not the ARN of a function")));
    }
    if let Some(other) = payload_version.as_deref().filter(|version| *version != PAYLOAD_VERSION) {
        return Err(ApiError::invalid(format!("payload version `{other}`: there is `{PAYLOAD_VERSION}`")));
    }
    Ok(ProvisioningHook { target_arn, payload_version })
}
