"""Script run by Label Studio's Python: creates the test accounts. Not a test."""

import json
import os
import sys
from pathlib import Path


def token_of(user: object) -> str:
    """A personal access token, which annotators can't create through the API."""
    from jwt_auth.models import LSAPIToken

    return str(LSAPIToken.for_user(user).get_full_jwt())


def main() -> None:
    """Read `{"email": {"password", "groups"}}` from standard input and create those accounts."""
    import label_studio

    sys.path.insert(0, str(Path(label_studio.__file__).parent))
    os.environ["DJANGO_SETTINGS_MODULE"] = "annotate.recorder.settings"
    import django

    django.setup()
    from django.contrib.auth.models import Group
    from organizations.models import Organization
    from users.models import User

    organization = Organization.objects.first()
    created = {}
    for email, account in json.load(sys.stdin).items():
        user = User.objects.create_user(email=email, password=account["password"], username=email)
        organization.add_user(user)
        user.active_organization = organization
        user.save()
        for name in account["groups"]:
            user.groups.add(Group.objects.get_or_create(name=name)[0])
        created[email] = {"id": user.pk, "token": token_of(user)}
    print(json.dumps(created))


main()
