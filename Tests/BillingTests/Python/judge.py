"""What programs of other people say of a document of ours: judge.py KIND FILE prints a JSON list of complaints.

KIND is `pain` (SEPA credit transfers), `ubl`, `cii` (EN 16931) or `facturx` (a PDF with its invoice inside);
`codes` prints what the QR codes on a PDF's first page say.
"""
import json
import pathlib
import subprocess
import sys

import facturx
import sepaxml
from lxml import etree

RULES = pathlib.Path(facturx.__file__).parent / "xsd_and_schematron"


def by_schema(document, schema):
    schema = etree.XMLSchema(etree.parse(str(schema)))
    return [] if schema.validate(document) else [str(error) for error in schema.error_log]


def by_rules(path, stylesheet):
    # facturx.xml_check_schematron says yes to everything where it has no engine; here the engine is asked directly.
    from saxonche import PySaxonProcessor

    with PySaxonProcessor(license=False) as saxon:
        run = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(stylesheet))
        report = etree.fromstring(run.transform_to_string(source_file=str(path)).encode())
    svrl = "{http://purl.oclc.org/dsdl/svrl}"
    if not report.findall(f"{svrl}fired-rule"):
        return ["no rule was fired: nothing was judged"]
    return [
        f"{found.get('id')} {' '.join(''.join(found.itertext()).split())}"
        for found in report.findall(f"{svrl}failed-assert")
        if found.get("flag") != "warning"
    ]


def codes(path):
    import PIL.Image
    import zxingcpp

    picture = pathlib.Path(f"{path}.png")
    subprocess.run(["pdftoppm", "-r", "150", "-f", "1", "-singlefile", "-png", path, path], check=True)
    try:
        return [code.text for code in zxingcpp.read_barcodes(PIL.Image.open(picture))]
    finally:
        picture.unlink()


def judge(kind, path):
    if kind == "codes":
        return codes(path)
    if kind == "facturx":
        with open(path, "rb") as pdf:
            name, invoice = facturx.get_xml_from_pdf(pdf, check_xsd=True)
        if name != "factur-x.xml":
            return [f"the invoice inside is called {name}"]
        path = pathlib.Path(f"{path}.xml")
        path.write_bytes(invoice)
        try:
            return judge("cii", path)
        finally:
            path.unlink()
    document = etree.parse(str(path))
    if kind == "pain":
        return by_schema(document, pathlib.Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd")
    if kind == "ubl":
        root = etree.QName(document.getroot()).localname
        found = by_schema(document, RULES / "ubl-2.1" / "maindoc" / f"UBL-{root}-2.1.xsd")
        return found + by_rules(path, RULES / "ubl-2.1" / "EN16931-UBL-validation.xslt")
    rules = RULES / "facturx-en16931"
    return by_schema(document, rules / "Factur-X_EN16931.xsd") + by_rules(path, rules / "FACTUR-X_EN16931.xslt")


print(json.dumps(judge(sys.argv[1], sys.argv[2])))
