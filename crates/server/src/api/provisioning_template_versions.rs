//! Versions of provisioning templates.

use thingwarden_store::records::{ProvisioningTemplate, ProvisioningTemplateVersion};
use thingwarden_store::{Filter, Query, Reader, Writer};
use thingwarden_wire::types::{
    CreateProvisioningTemplateVersionInput, CreateProvisioningTemplateVersionOutput,
    DeleteProvisioningTemplateVersionInput, DescribeProvisioningTemplateVersionInput,
    DescribeProvisioningTemplateVersionOutput, ListProvisioningTemplateVersionsInput,
    ListProvisioningTemplateVersionsOutput, ProvisioningTemplateVersionSummary,
};
use thingwarden_wire::{Code, Empty, Timestamp};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::provisioning_templates::{self as templates, arn_of, check_body};

pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateProvisioningTemplateVersionInput,
) -> Result<CreateProvisioningTemplateVersionOutput, ApiError> {
    let mut template = templates::require(store, &input.template_name)?;
    check_body(&input.template_body, &template.kind)?;
    let limit = cx.app.quotas.provisioning_template_versions;
    let name = template.name.clone();
    if store.count::<ProvisioningTemplateVersion>(&[Filter::eq("template", name.as_str())])? >= limit {
        let message = format!("provisioning template `{name}` has {limit} versions, which is the limit");
        return Err(ApiError::new(Code::VersionsLimitExceededException, message));
    }
    template.last_version += 1;
    let version = template.last_version;
    let is_default = input.set_as_default == Some(true);
    if is_default {
        template.default_version = version;
    }
    template.modified_ms = cx.now_ms;
    store.update(&template)?;
    let body = input.template_body;
    let made = ProvisioningTemplateVersion { template: name, version, body, created_ms: cx.now_ms };
    store.insert(&made)?;
    Ok(CreateProvisioningTemplateVersionOutput {
        is_default_version: Some(is_default),
        template_arn: Some(arn_of(cx, &made.template)),
        template_name: Some(made.template),
        version_id: id(version),
    })
}

pub(super) fn describe(
    _: &Cx,
    store: &Reader<'_>,
    input: DescribeProvisioningTemplateVersionInput,
) -> Result<DescribeProvisioningTemplateVersionOutput, ApiError> {
    let template = templates::require(store, &input.template_name)?;
    let found = require(store, &template, input.version_id.into())?;
    Ok(DescribeProvisioningTemplateVersionOutput {
        creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
        is_default_version: Some(found.version == template.default_version),
        template_body: Some(found.body),
        version_id: id(found.version),
    })
}

pub(super) fn delete(
    _: &Cx,
    store: &Writer<'_>,
    input: DeleteProvisioningTemplateVersionInput,
) -> Result<Empty, ApiError> {
    let template = templates::require(store, &input.template_name)?;
    let found = require(store, &template, input.version_id.into())?;
    if found.version == template.default_version {
        let message = "the default version cannot be deleted: make another one the default first";
        return Err(ApiError::new(Code::DeleteConflictException, message));
    }
    let id = ProvisioningTemplateVersion::id_of(&template.name, found.version);
    store.delete::<ProvisioningTemplateVersion>(&id)?;
    Ok(Empty {})
}

/// As they came.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListProvisioningTemplateVersionsInput,
) -> Result<ListProvisioningTemplateVersionsOutput, ApiError> {
    let template = templates::require(store, &input.template_name)?;
    let limit = input.max_results;
    let asked = Asked { token: input.next_token.as_deref(), limit, default: templates::PAGE };
    let of_template = [Filter::eq("template", template.name.as_str())];
    let page = paging::list::<ProvisioningTemplateVersion>(cx, store, asked, &Query::all(&of_template))?;
    let summary = |found: ProvisioningTemplateVersion| ProvisioningTemplateVersionSummary {
        creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
        is_default_version: Some(found.version == template.default_version),
        version_id: id(found.version),
    };
    let versions = page.items.into_iter().map(summary).collect();
    Ok(ListProvisioningTemplateVersionsOutput { versions, next_token: page.next_token })
}

/// The version, or an error that says that there is none.
pub(super) fn require(
    store: &Reader<'_>,
    template: &ProvisioningTemplate,
    version: i64,
) -> Result<ProvisioningTemplateVersion, ApiError> {
    let found = store.get(&ProvisioningTemplateVersion::id_of(&template.name, version))?;
    found.ok_or_else(|| {
        let message = format!("provisioning template `{}` has no version {version}", template.name);
        ApiError::new(Code::ResourceNotFoundException, message)
    })
}

/// A version's number as the API has it.
pub(super) fn id(version: i64) -> Option<i32> {
    i32::try_from(version).ok()
}
