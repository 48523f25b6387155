"""A certificate of ACM, issued for one name and proved through its DNS zone."""

from dataclasses import dataclass

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_aws import acm, route53

from components.tags import named

TTL = 300
"""Seconds that resolvers may keep the validation record."""


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Args of `Certificate`.

    Args:
        domain: The one name that it is for.
        zone_id: The Route 53 zone that the name is in.
        tags: For every resource.
    """

    domain: str
    zone_id: str
    tags: dict[str, str]


class Certificate(pulumi.ComponentResource):
    """A certificate that ACM renews by itself for as long as its record stays.

    `arn` is known once the certificate is issued: a listener refuses one that is pending.
    """

    arn: Output[str]

    def __init__(
        self, name: str, args: CertificateArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:Certificate", name, None, opts)
        certificate = acm.Certificate(
            name,
            domain_name=args.domain,
            validation_method="DNS",
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        proof = certificate.domain_validation_options[0]
        record = route53.Record(
            name,
            zone_id=args.zone_id,
            name=proof.resource_record_name,
            type=proof.resource_record_type,
            records=[proof.resource_record_value],
            ttl=TTL,
            # ACM asks every certificate of one name and account for the same record, so a second
            # region's stack, or the next certificate, finds it already there.
            allow_overwrite=True,
            opts=ResourceOptions(parent=self),
        )
        issued = acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            opts=ResourceOptions(parent=self),
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})
