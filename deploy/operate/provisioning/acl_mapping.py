"""Grants in our words and in `kafka-python`'s."""

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from deploy.operate.provisioning.state import LITERAL, PREFIX, Acl

PRINCIPAL = "User:"
_PATTERNS = {LITERAL: ACLResourcePatternType.LITERAL, PREFIX: ACLResourcePatternType.PREFIXED}
_WORDS = {pattern: word for word, pattern in _PATTERNS.items()}


def every_acl() -> ACLFilter:
    """Return the question for all grants to all."""
    everything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    return ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, everything)


def grant_of(acl: Acl) -> ACL:
    """Return the grant as it is created."""
    return ACL(*_parts(acl), ResourcePattern(*_resource(acl)))


def filter_of(acl: Acl) -> ACLFilter:
    """Return what finds this grant alone."""
    return ACLFilter(*_parts(acl), ResourcePatternFilter(*_resource(acl)))


def acl_of(acl: ACL) -> Acl:
    """Return a grant that Kafka has told."""
    resource = acl.resource_pattern
    return Acl(
        user=acl.principal.removeprefix(PRINCIPAL),
        resource=resource.resource_type.name.lower(),
        name=resource.resource_name,
        operation=acl.operation.name.lower(),
        pattern=_WORDS[resource.pattern_type],
        permission=acl.permission_type.name.lower(),
        host=acl.host,
    )


def _parts(acl: Acl) -> tuple[str, str, ACLOperation, ACLPermissionType]:
    operation = ACLOperation[acl.operation.upper()]
    return f"{PRINCIPAL}{acl.user}", acl.host, operation, ACLPermissionType[acl.permission.upper()]


def _resource(acl: Acl) -> tuple[ResourceType, str, ACLResourcePatternType]:
    return ResourceType[acl.resource.upper()], acl.name, _PATTERNS[acl.pattern]
