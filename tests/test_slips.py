"""Slips that learners really make: each is answered by one error whose message names what to mend."""

import pytest

# what was done -> the call, the kind of error, words of its message
SLIPS = {}

# ---- training ---------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- data sets ----------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- CT and scans of one's own ------------------------------------------------------------------------------------

SLIPS |= {}

# ---- chest X-rays -------------------------------------------------------------------------------------------------

SLIPS |= {}

# ---- figures and statistics ---------------------------------------------------------------------------------------

SLIPS |= {}


@pytest.mark.parametrize("slip", SLIPS)
def test_the_message_names_what_to_mend(slip):
    call, kind, words = SLIPS[slip]
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert len(message) < 400
