"""What may be owed: a module for each kind, which says what stands now and by which call a vendor hears it."""

from collections.abc import Mapping

from pointsman.services.deliveries.kinds import activity, appointment, notice, person, rule_action
from pointsman.services.deliveries.kinds.rendering import Render
from pointsman.services.ports.booking.deliveries import DeliveryKind

RENDER: Mapping[DeliveryKind, Render] = {
    DeliveryKind.APPOINTMENT: appointment.render,
    DeliveryKind.PERSON: person.render,
    DeliveryKind.ACTIVITY: activity.render,
    DeliveryKind.TASK: rule_action.render_task,
    DeliveryKind.MEMBERSHIP: rule_action.render_membership,
    DeliveryKind.FIELDS: rule_action.render_fields,
    DeliveryKind.NOTICE: notice.render,
}
