"""What this room tells: whoever keeps something of what servers answered subscribes."""

from django.dispatch import Signal

# A good answer was stored. Arguments: probe (its name), target (Target), facts (typed), at (datetime).
# Sent on the fleet's schema, outside the transaction that stored it; a receiver's error is logged and harms nobody.
answered = Signal()
