"""What the name of an X-ray's file tells."""

from pathlib import Path

import pytest

from coursekit.xray import patient_id


@pytest.mark.parametrize(
    ("name", "patient"),
    {
        "person1_bacteria_1.jpeg": "person1_bacteria",
        "person1_virus_6.jpeg": "person1_virus",
        "person447_virus_921_1.jpeg": "person447_virus",
        "person1946_bacteria_4874.JPG": "person1946_bacteria",
        "IM-0115-0001.jpeg": "IM-0115",
        "IM-0640-0001-0002.jpeg": "IM-0640",
        "NORMAL2-IM-0117-0001.png": "NORMAL2-IM-0117",
        "NORMAL2-IM-0117-0001-0002.jpeg": "NORMAL2-IM-0117",
    }.items(),
)
def test_the_name_tells_the_patient(name, patient):
    assert patient_id(name) == patient
    assert patient_id(Path("chest_xray") / "train" / name) == patient


@pytest.mark.parametrize(
    "name",
    [
        *("", "person1.jpeg", "person_bacteria_1.jpeg", "person1_fungus_1.jpeg", "person1_bacteria.jpeg", "IM-0115"),
        *("._person1_bacteria_1.jpeg", "person1_bacteria_1.jpeg.txt", "person1_bacteria_1 (1).jpeg", "IM-0115.jpeg"),
        *(
            "NORMAL3-IM-0117-0001.jpeg",
            "Person1_bacteria_1.jpeg",
            "person1_bacteria_1_2_3.jpeg",
            "person\u0661_virus_1.jpeg",
        ),
    ],
)
def test_another_name_tells_no_patient(name):
    with pytest.raises(ValueError, match=r"^filename: expected a name such as 'person1_bacteria_2.jpeg', .*got '"):
        patient_id(name)
