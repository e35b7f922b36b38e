//! The actions of IAM: those that are served, with what they are about and who carries them out, and those that are not.

use thingwarden_store::records::{IamRole, IamUser};

use super::access::{self, Target};
use super::{access_keys, details, identity, policies, roles, users, versions};
use crate::iam::Cx;
use crate::query;
use crate::query::service::{self, Action, Api, Handler};

/// IAM.
pub(super) const API: Api<Target> = Api {
    protocol: query::Service {
        namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
        version: "2010-05-08",
    },
    actions: ACTIONS,
    not_served: NOT_SERVED,
    scope: Cx::scope,
    authorize: access::authorize,
};

const fn read(permission: &'static str, target: Target, run: service::Read) -> Action<Target> {
    Action { permission, target, handler: Handler::Read(run) }
}

const fn write(permission: &'static str, target: Target, run: service::Write) -> Action<Target> {
    Action { permission, target, handler: Handler::Write(run) }
}

const ACTIONS: &[Action<Target>] = &[
    write("iam:AttachRolePolicy", Target::Role, identity::attach::<IamRole>),
    write("iam:AttachUserPolicy", Target::User, identity::attach::<IamUser>),
    write("iam:CreateAccessKey", Target::User, access_keys::create),
    write("iam:CreatePolicy", Target::NewPolicy, policies::create),
    write("iam:CreatePolicyVersion", Target::Policy, versions::create),
    write("iam:CreateRole", Target::NewRole, roles::create),
    write("iam:CreateUser", Target::NewUser, users::create),
    write("iam:DeleteAccessKey", Target::User, access_keys::delete),
    write("iam:DeletePolicy", Target::Policy, policies::delete),
    write("iam:DeletePolicyVersion", Target::Policy, versions::delete),
    write("iam:DeleteRole", Target::Role, roles::delete),
    write("iam:DeleteRolePermissionsBoundary", Target::Role, identity::delete_boundary::<IamRole>),
    write("iam:DeleteRolePolicy", Target::Role, identity::delete_policy::<IamRole>),
    write("iam:DeleteUser", Target::User, users::delete),
    write("iam:DeleteUserPermissionsBoundary", Target::User, identity::delete_boundary::<IamUser>),
    write("iam:DeleteUserPolicy", Target::User, identity::delete_policy::<IamUser>),
    write("iam:DetachRolePolicy", Target::Role, identity::detach::<IamRole>),
    write("iam:DetachUserPolicy", Target::User, identity::detach::<IamUser>),
    read("iam:GetAccessKeyLastUsed", Target::AccessKey, access_keys::last_used),
    read("iam:GetAccountAuthorizationDetails", Target::Anything, details::get),
    read("iam:GetPolicy", Target::Policy, policies::get),
    read("iam:GetPolicyVersion", Target::Policy, versions::get),
    read("iam:GetRole", Target::Role, roles::get),
    read("iam:GetRolePolicy", Target::Role, identity::get_policy::<IamRole>),
    read("iam:GetUser", Target::User, users::get),
    read("iam:GetUserPolicy", Target::User, identity::get_policy::<IamUser>),
    read("iam:ListAccessKeys", Target::User, access_keys::list),
    read("iam:ListAttachedRolePolicies", Target::Role, identity::list_attached::<IamRole>),
    read("iam:ListAttachedUserPolicies", Target::User, identity::list_attached::<IamUser>),
    read("iam:ListEntitiesForPolicy", Target::Policy, policies::list_entities),
    read("iam:ListInstanceProfilesForRole", Target::Role, roles::list_instance_profiles),
    read("iam:ListPolicies", Target::Policies, policies::list),
    read("iam:ListPolicyTags", Target::Policy, policies::list_tags),
    read("iam:ListPolicyVersions", Target::Policy, versions::list),
    read("iam:ListRolePolicies", Target::Role, identity::list_policies::<IamRole>),
    read("iam:ListRoleTags", Target::Role, identity::list_tags::<IamRole>),
    read("iam:ListRoles", Target::Roles, roles::list),
    read("iam:ListUserPolicies", Target::User, identity::list_policies::<IamUser>),
    read("iam:ListUserTags", Target::User, identity::list_tags::<IamUser>),
    read("iam:ListUsers", Target::Users, users::list),
    write("iam:PutRolePermissionsBoundary", Target::Role, identity::put_boundary::<IamRole>),
    write("iam:PutRolePolicy", Target::Role, identity::put_policy::<IamRole>),
    write("iam:PutUserPermissionsBoundary", Target::User, identity::put_boundary::<IamUser>),
    write("iam:PutUserPolicy", Target::User, identity::put_policy::<IamUser>),
    write("iam:SetDefaultPolicyVersion", Target::Policy, versions::set_default),
    write("iam:TagPolicy", Target::Policy, policies::tag),
    write("iam:TagRole", Target::Role, identity::tag::<IamRole>),
    write("iam:TagUser", Target::User, identity::tag::<IamUser>),
    write("iam:UntagPolicy", Target::Policy, policies::untag),
    write("iam:UntagRole", Target::Role, identity::untag::<IamRole>),
    write("iam:UntagUser", Target::User, identity::untag::<IamUser>),
    write("iam:UpdateAccessKey", Target::User, access_keys::update),
    write("iam:UpdateAssumeRolePolicy", Target::Role, roles::update_trust),
    write("iam:UpdateRole", Target::Role, roles::update),
    write("iam:UpdateRoleDescription", Target::Role, roles::update_description),
    write("iam:UpdateUser", Target::User, users::update),
];

/// What AWS has besides. This list may only become shorter.
const NOT_SERVED: &[&str] = &[
    "AcceptDelegationRequest",
    "AddClientIDToOpenIDConnectProvider",
    "AddRoleToInstanceProfile",
    "AddUserToGroup",
    "AssociateDelegationRequest",
    "AttachGroupPolicy",
    "ChangePassword",
    "CreateAccountAlias",
    "CreateDelegationRequest",
    "CreateGroup",
    "CreateInstanceProfile",
    "CreateLoginProfile",
    "CreateOpenIDConnectProvider",
    "CreateSAMLProvider",
    "CreateServiceLinkedRole",
    "CreateServiceSpecificCredential",
    "CreateVirtualMFADevice",
    "DeactivateMFADevice",
    "DeleteAccountAlias",
    "DeleteAccountPasswordPolicy",
    "DeleteGroup",
    "DeleteGroupPolicy",
    "DeleteInstanceProfile",
    "DeleteLoginProfile",
    "DeleteOpenIDConnectProvider",
    "DeleteSAMLProvider",
    "DeleteSSHPublicKey",
    "DeleteServerCertificate",
    "DeleteServiceLinkedRole",
    "DeleteServiceSpecificCredential",
    "DeleteSigningCertificate",
    "DeleteVirtualMFADevice",
    "DetachGroupPolicy",
    "DisableOrganizationsRootCredentialsManagement",
    "DisableOrganizationsRootSessions",
    "DisableOutboundWebIdentityFederation",
    "EnableMFADevice",
    "EnableOrganizationsRootCredentialsManagement",
    "EnableOrganizationsRootSessions",
    "EnableOutboundWebIdentityFederation",
    "GenerateCredentialReport",
    "GenerateOrganizationsAccessReport",
    "GenerateServiceLastAccessedDetails",
    "GetAccountPasswordPolicy",
    "GetAccountSummary",
    "GetContextKeysForCustomPolicy",
    "GetContextKeysForPrincipalPolicy",
    "GetCredentialReport",
    "GetDelegationRequest",
    "GetGroup",
    "GetGroupPolicy",
    "GetHumanReadableSummary",
    "GetInstanceProfile",
    "GetLoginProfile",
    "GetMFADevice",
    "GetOpenIDConnectProvider",
    "GetOrganizationsAccessReport",
    "GetOutboundWebIdentityFederationInfo",
    "GetSAMLProvider",
    "GetSSHPublicKey",
    "GetServerCertificate",
    "GetServiceLastAccessedDetails",
    "GetServiceLastAccessedDetailsWithEntities",
    "GetServiceLinkedRoleDeletionStatus",
    "ListAccountAliases",
    "ListAttachedGroupPolicies",
    "ListDelegationRequests",
    "ListGroupPolicies",
    "ListGroups",
    "ListGroupsForUser",
    "ListInstanceProfileTags",
    "ListInstanceProfiles",
    "ListMFADeviceTags",
    "ListMFADevices",
    "ListOpenIDConnectProviderTags",
    "ListOpenIDConnectProviders",
    "ListOrganizationsFeatures",
    "ListPoliciesGrantingServiceAccess",
    "ListSAMLProviderTags",
    "ListSAMLProviders",
    "ListSSHPublicKeys",
    "ListServerCertificateTags",
    "ListServerCertificates",
    "ListServiceSpecificCredentials",
    "ListSigningCertificates",
    "ListVirtualMFADevices",
    "PutGroupPolicy",
    "RejectDelegationRequest",
    "RemoveClientIDFromOpenIDConnectProvider",
    "RemoveRoleFromInstanceProfile",
    "RemoveUserFromGroup",
    "ResetServiceSpecificCredential",
    "ResyncMFADevice",
    "SendDelegationToken",
    "SetSecurityTokenServicePreferences",
    "SimulateCustomPolicy",
    "SimulatePrincipalPolicy",
    "TagInstanceProfile",
    "TagMFADevice",
    "TagOpenIDConnectProvider",
    "TagSAMLProvider",
    "TagServerCertificate",
    "UntagInstanceProfile",
    "UntagMFADevice",
    "UntagOpenIDConnectProvider",
    "UntagSAMLProvider",
    "UntagServerCertificate",
    "UpdateAccountPasswordPolicy",
    "UpdateDelegationRequest",
    "UpdateGroup",
    "UpdateLoginProfile",
    "UpdateOpenIDConnectProviderThumbprint",
    "UpdateSAMLProvider",
    "UpdateSSHPublicKey",
    "UpdateServerCertificate",
    "UpdateServiceSpecificCredential",
    "UpdateSigningCertificate",
    "UploadSSHPublicKey",
    "UploadServerCertificate",
    "UploadSigningCertificate",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_in_one_list_once() {
        let mut names: Vec<&str> =
            ACTIONS.iter().map(Action::name).chain(NOT_SERVED.iter().copied()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(ACTIONS.iter().all(|action| action.permission.starts_with("iam:")));
    }
}
