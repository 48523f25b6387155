"""The load balancer in front of the fleet: HTTPS, one name, and quick about a task that is gone."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import lb, route53

from components.certificate import Certificate, CertificateArgs
from components.server_environment import PORT
from components.tags import named
from setting_groups.aws.front_door import FrontDoor as FrontDoorSettings

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""TLS 1.3, or 1.2 with forward secrecy and authenticated encryption; post-quantum where a client can.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""

HSTS = "max-age=31536000"
"""A year, the least that browsers' lists ask for. Without subdomains: they are not ours to decide."""

ACCESS_LOG_PREFIX = "balancer"


@dataclass(frozen=True, kw_only=True)
class FrontDoorArgs:
    """Args of `FrontDoor`.

    Args:
        settings: The name, the checks, the limits of time.
        vpc_id: The VPC of the tasks.
        public_subnet_ids: By zone; where an internet-facing balancer stands.
        private_subnet_ids: By zone; where an internal one stands.
        security_group_id: Who may connect.
        logs_bucket: For access logs; known once the balancer may write to it.
        protected: Refuses to be deleted, by AWS and by Pulumi.
        tags: For every resource.
    """

    settings: FrontDoorSettings
    vpc_id: Input[str]
    public_subnet_ids: Mapping[str, Input[str]]
    private_subnet_ids: Mapping[str, Input[str]]
    security_group_id: Input[str]
    logs_bucket: Input[str]
    protected: bool
    tags: dict[str, str]


class FrontDoor(pulumi.ComponentResource):
    """An application load balancer that forwards requests for its own name and no others.

    `target_group_arn` is known once the listener forwards to it: ECS refuses a service whose target
    group no balancer has.
    """

    endpoint: str
    certificate_arn: Output[str]
    load_balancer_arn: Output[str]
    load_balancer_suffix: Output[str]
    target_group_arn: Output[str]
    target_group_suffix: Output[str]

    def __init__(self, name: str, args: FrontDoorArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:FrontDoor", name, None, opts)
        self._name, self._args, self._child = name, args, ResourceOptions(parent=self)
        balancer = self._load_balancer()
        tasks = self._target_group()
        self.certificate_arn = self._certificate()
        self._redirect(balancer)
        rule = self._forward(self._listener(balancer), tasks)
        self._point_name_at(balancer)
        self.endpoint = f"https://{args.settings.domain}"
        self.load_balancer_arn = balancer.arn
        self.load_balancer_suffix = balancer.arn_suffix
        self.target_group_arn = Output.all(tasks.arn, rule.id).apply(lambda known: str(known[0]))
        self.target_group_suffix = tasks.arn_suffix
        self.register_outputs({"endpoint": self.endpoint})

    def _load_balancer(self) -> lb.LoadBalancer:
        args = self._args
        internal = args.settings.scheme == "internal"
        subnets = args.private_subnet_ids if internal else args.public_subnet_ids
        return lb.LoadBalancer(
            self._name,
            load_balancer_type="application",
            internal=internal,
            subnets=list(subnets.values()),
            security_groups=[args.security_group_id],
            idle_timeout=args.settings.idle_timeout,
            access_logs=lb.LoadBalancerAccessLogsArgs(
                bucket=args.logs_bucket, prefix=ACCESS_LOG_PREFIX, enabled=True
            ),
            enable_deletion_protection=args.protected,
            enable_zonal_shift=True,
            enable_waf_fail_open=False,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            tags=named(args.tags, self._name),
            opts=ResourceOptions(parent=self, protect=args.protected),
        )

    def _target_group(self) -> lb.TargetGroup:
        settings = self._args.settings
        name = f"{self._name}-tasks"
        return lb.TargetGroup(
            name,
            vpc_id=self._args.vpc_id,
            port=PORT,
            protocol="HTTP",
            target_type="ip",
            health_check=lb.TargetGroupHealthCheckArgs(
                path="/ready",
                matcher="200",
                interval=settings.check_interval,
                timeout=settings.check_timeout,
                unhealthy_threshold=settings.checks_to_fall,
                healthy_threshold=settings.checks_to_return,
            ),
            deregistration_delay=settings.deregistration_delay,
            # docs/adr/0017: at random, and less to whoever answers with errors.
            load_balancing_algorithm_type="weighted_random",
            load_balancing_anomaly_mitigation="on",
            stickiness=lb.TargetGroupStickinessArgs(type="lb_cookie", enabled=False),
            tags=named(self._args.tags, name),
            opts=self._child,
        )

    def _redirect(self, balancer: lb.LoadBalancer) -> None:
        name = f"{self._name}-http"
        lb.Listener(
            name,
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[
                lb.ListenerDefaultActionArgs(
                    type="redirect",
                    redirect=lb.ListenerDefaultActionRedirectArgs(
                        protocol="HTTPS",
                        port="443",
                        host=self._args.settings.domain,
                        status_code="HTTP_301",
                    ),
                )
            ],
            tags=named(self._args.tags, name),
            opts=self._child,
        )

    def _listener(self, balancer: lb.LoadBalancer) -> lb.Listener:
        name = f"{self._name}-https"
        return lb.Listener(
            name,
            load_balancer_arn=balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=self.certificate_arn,
            default_actions=[
                lb.ListenerDefaultActionArgs(
                    type="fixed-response",
                    fixed_response=lb.ListenerDefaultActionFixedResponseArgs(
                        status_code="421",
                        content_type="text/plain",
                        message_body=f"Ask for https://{self._args.settings.domain}\n",
                    ),
                )
            ],
            routing_http_response_server_enabled=False,
            routing_http_response_strict_transport_security_header_value=HSTS,
            tags=named(self._args.tags, name),
            opts=self._child,
        )

    def _forward(self, listener: lb.Listener, tasks: lb.TargetGroup) -> lb.ListenerRule:
        name = f"{self._name}-https"
        return lb.ListenerRule(
            name,
            listener_arn=listener.arn,
            priority=1,
            conditions=[
                lb.ListenerRuleConditionArgs(
                    host_header=lb.ListenerRuleConditionHostHeaderArgs(
                        values=[self._args.settings.domain]
                    )
                )
            ],
            actions=[lb.ListenerRuleActionArgs(type="forward", target_group_arn=tasks.arn)],
            tags=named(self._args.tags, name),
            opts=self._child,
        )

    def _certificate(self) -> Output[str]:
        settings = self._args.settings
        if settings.zone_id is None:
            # Settings see to it that there is one or the other.
            return Output.from_input(settings.certificate_arn or "")
        certificate = Certificate(
            f"{self._name}-https",
            CertificateArgs(domain=settings.domain, zone_id=settings.zone_id, tags=self._args.tags),
            self._child,
        )
        return certificate.arn

    def _point_name_at(self, balancer: lb.LoadBalancer) -> None:
        settings = self._args.settings
        if settings.zone_id is None:
            return
        route53.Record(
            self._name,
            zone_id=settings.zone_id,
            name=settings.domain,
            type="A",
            aliases=[
                route53.RecordAliasArgs(
                    name=balancer.dns_name,
                    zone_id=balancer.zone_id,
                    # There is one balancer, and no better answer to give when it is unwell.
                    evaluate_target_health=False,
                )
            ],
            # A name that another region's stack still holds is taken only when that is said.
            allow_overwrite=settings.take_over_name,
            opts=self._child,
        )
