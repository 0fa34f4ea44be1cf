"""A test CA and certificates, by the openssl command."""
import pathlib
import subprocess


def openssl(*arguments, cwd, text=None):
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=cwd,
                          input=text, text=True, capture_output=True)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr}"


class Authority:
    """A certificate authority in a directory of its own."""

    def __init__(self, folder, name="Caisson test CA"):
        self.dir = pathlib.Path(folder)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.cert = self.dir / "ca.pem"
        self.key = self.dir / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                "-out", self.cert, "-days", 30, "-subj", f"/CN={name}",
                "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                cwd=self.dir)
        (self.dir / "index.txt").write_text("")
        (self.dir / "serial").write_text("01\n")
        (self.dir / "ca.cnf").write_text(CA_CONFIG)

    def subordinate(self, folder, name):
        """Another authority, certified by this one."""
        made = Authority(folder, name)
        openssl("req", "-new", "-key", made.key, "-out", made.dir / "ca.csr",
                "-subj", f"/CN={name}", cwd=made.dir)
        (made.dir / "ca.ext").write_text(
            "basicConstraints=critical,CA:TRUE\n"
            "keyUsage=critical,keyCertSign,cRLSign\n")
        openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in",
                made.dir / "ca.csr", "-out", made.cert, "-extfile",
                made.dir / "ca.ext", "-days", 20, cwd=self.dir)
        return made

    def issue(self, label, san, start=None, end=None, usage="serverAuth"):
        """(certificate, key) for `san`, as "DNS:localhost,IP:127.0.0.1".
        `start` and `end` are YYYYMMDDHHMMSSZ."""
        key, request = self.dir / f"{label}.key", self.dir / f"{label}.csr"
        cert = self.dir / f"{label}.pem"
        extension = self.dir / f"{label}.ext"
        extension.write_text(
            f"subjectAltName={san}\nbasicConstraints=CA:FALSE\n"
            f"keyUsage=digitalSignature\nextendedKeyUsage={usage}\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                request, "-subj", f"/CN={label}", cwd=self.dir)
        dates = ["-startdate", start, "-enddate", end] if start \
            else ["-days", 10]
        openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in",
                request, "-out", cert, "-extfile", extension, *dates,
                cwd=self.dir)
        return cert, key


def self_signed(folder, san):
    folder = pathlib.Path(folder)
    cert, key = folder / "self.pem", folder / "self.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert,
            "-days", 10, "-subj", "/CN=self", "-addext",
            f"subjectAltName={san}", cwd=folder)
    return cert, key


CA_CONFIG = """[ca]
default_ca = d
[d]
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
