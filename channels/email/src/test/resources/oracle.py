# Answers questions about domains and mails, one line of JSON each, from what Python knows.
import base64
import email
import email.policy
import json
import sys
import unicodedata

import idna


def domain(name):
    if any(unicodedata.category(c) == "Cn" for c in name):
        return {"unknown": unicodedata.unidata_version}
    try:
        return {"ascii": idna.encode(name, uts46=True, std3_rules=True).decode("ascii")}
    except (idna.IDNAError, UnicodeError) as refused:
        return {"refused": str(refused)}


def mail(content):
    message = email.message_from_bytes(base64.b64decode(content), policy=email.policy.SMTP)
    parts = [part for part in message.walk() if not part.is_multipart()]
    return {
        "headers": [[name, str(value)] for name, value in message.items()],
        "addresses": {
            name: [[address.display_name, address.addr_spec] for address in message[name].addresses]
            for name in ("From", "To", "Reply-To")
            if message[name] is not None
        },
        "parts": [[part.get_content_type(), part.get_content()] for part in parts],
        "defects": [str(defect) for part in message.walk() for defect in part.defects]
        + [f"{name}: {defect}" for name, value in message.items() for defect in value.defects],
    }


for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = domain(question["domain"]) if "domain" in question else mail(question["mail"])
    except Exception as fault:
        answer = {"fault": repr(fault)}
    print(json.dumps(answer), flush=True)
