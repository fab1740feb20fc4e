import ssl

import pytest
from gateway.aws.tls import TlsContext, tls_context
from gateway.settings import SettingsError


def test_the_system_is_trusted_where_no_bundle_is_named():
    context = TlsContext("").get()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.get_ca_certs()


def test_a_bundle_is_read_once_for_all_endpoints():
    assert tls_context("").get() is tls_context("").get()


@pytest.mark.parametrize(("text", "reason"), [(None, "No such file or directory"), ("no certificate", ".*")])
def test_a_bundle_that_cannot_be_read_is_named_with_its_variable(tmp_path, text, reason):
    bundle = tmp_path / "bundle.pem"
    if text is not None:
        bundle.write_text(text)
    with pytest.raises(SettingsError, match=f"^AWS_CA_BUNDLE is '{bundle}', which cannot be read: {reason}$"):
        TlsContext(str(bundle)).get()
