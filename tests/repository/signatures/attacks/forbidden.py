"""What a signature forbids, done all the same (DocMDP, FieldMDP)."""

from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

from tests.repository.signatures.attacks.making import alone, attack
from tests.repository.signatures.forge import Forge
from tests.repository.signatures.papers import (
    annotate,
    dictionary,
    draw,
    drawing,
    edited,
    fill,
)


@attack
def docmdp_1_violated_by_filling(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.NO_CHANGES), fill("ghi_chu", "999"))


@attack
def docmdp_2_violated_by_remark(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.FILL_FORMS), annotate("/FreeText"))


@attack
def docmdp_2_filled_value_rewritten(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.FILL_FORMS), fill("so_tien", "999"))


@attack
def docmdp_3_violated_by_page(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.ANNOTATE), draw())


@attack
def docmdp_3_remark_over_the_amount(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.ANNOTATE), annotate("/FreeText"))


@attack
def docmdp_3_highlight_that_speaks(forge: Forge) -> bytes:
    def edit(writer):
        annotate("/Highlight", AP=dictionary(N=writer.add_object(drawing("999.000.000"))))(writer)

    return edited(alone(forge, certify=MDPPerm.ANNOTATE), edit)


@attack
def fieldmdp_lock_violated(forge: Forge) -> bytes:
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, ["ghi_chu"])
    pdf = alone(forge, lock=lock, certify=MDPPerm.FILL_FORMS)
    return edited(pdf, fill("ghi_chu", "999"))


@attack
def script_behind_a_field_lock(forge: Forge) -> bytes:
    """The lock's /Data leads to the catalogue; what is put there is no less looked at."""
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, ["ghi_chu"])

    def edit(writer):
        writer.root["/OpenAction"] = dictionary(S="/JavaScript", JS="this.print()")
        writer.update_root()

    return edited(alone(forge, lock=lock, certify=MDPPerm.FILL_FORMS), edit)


@attack
def permissions_escalated(forge: Forge) -> bytes:
    """The catalogue is told that another, laxer certification holds."""
    pdf = alone(forge, certify=MDPPerm.NO_CHANGES)

    def edit(writer):
        lax = dictionary(
            Type="/SigRef", TransformMethod="/DocMDP",
            TransformParams=dictionary(Type="/TransformParams", P=3, V="/1.2"),
        )  # fmt: skip
        value = writer.add_object(dictionary(Type="/Sig", Reference=generic.ArrayObject([lax])))
        writer.root["/Perms"] = dictionary(DocMDP=value)
        writer.update_root()
        annotate("/FreeText")(writer)

    return edited(pdf, edit)
