"""Chapter "Bought together": rules in sentences, or the sentence that there is nothing to tell."""

from __future__ import annotations

from segpy.reporting import bought, pictures, words
from segpy.reporting.bought import Rule, Together
from segpy.reporting.sentences import Sentence
from segpy.reporting.story import Chapter, Story

_NOTHING = "Nothing is bought together more often than chance"
_NOTE = (
    "As usual means: as in all baskets. The orders of one customer are not independent: whoever "
    "always buys the same counts with every order, so look at the number of customers too, and "
    "take the test as a sieve, not as a proof."
)


def chapter(story: Story) -> Chapter:
    """Tell what is bought together, at most ten rules, or why there is nothing to tell."""
    found = story.together
    if story.sold is None or found is None:
        return _chapter(
            "No product is named",
            "The lines name no product, so nothing can be said about what is bought together.",
        )
    if not found.rules:
        return _chapter(*nothing(found))
    told = [sentence(rule, story.product_names) for rule in found.rules]
    return _chapter(
        f"Who buys {words.listed(told[0].before)} often buys {words.listed(told[0].after)} too",
        lead(found),
        told,
        pictures.together(bought.frame(found.rules, story.product_names), _alt(told)),
    )


def _chapter(
    heading: str,
    lead: str,
    told: list[Sentence] | None = None,
    picture: pictures.Pair | None = None,
) -> Chapter:
    return Chapter(
        anchor="together",
        label="Bought together",
        heading=heading,
        template="together.html",
        values={
            "lead": lead,
            "told": told or [],
            "picture": picture,
            "note": _NOTE if told else "",
        },
    )


def nothing(found: Together) -> tuple[str, str]:
    """Say, as a heading and a sentence, why no rule is told."""
    baskets = words.plural(found.n_baskets, "basket")
    if found.n_baskets == 0:
        return "No order is named", "No line of a product names its order, so there are no baskets."
    if found.n_products == 1:
        return "Only one product was sold", "Nothing else could be bought with it."
    if found.most < 2:
        return (
            "Each basket holds one product",
            f"None of the {baskets} holds two products, so nothing is bought together.",
        )
    if found.n_tested == 0:
        return (
            _NOTHING,
            f"No two products are together in {found.min_count:,} of {baskets} or more; what fewer "
            "hold may be an accident.",
        )
    few = f"{_looked(found)} {words.plural(found.n_rules, 'rule')} "
    if found.n_rules:
        return (
            "What is bought together is one or two customers' habit",
            f"{few}{_passed(found.n_rules)}, but fewer than {bought.CUSTOMERS} customers stand "
            f"behind {'it' if found.n_rules == 1 else 'each'}.",
        )
    return (
        _NOTHING,
        f"{_looked(found)} None of them applies to {_hundred(bought.CONFIDENCE)} buyers and is "
        "beyond chance.",
    )


def _looked(found: Together) -> str:
    """Say what was looked at."""
    share = words.share(found.min_count / found.n_baskets)
    return (
        f"Looked at were the {words.plural(found.n_tested, 'rule')} that hold in at least "
        f"{words.count(found.min_count)} of {words.plural(found.n_baskets, 'basket')} ({share})."
    )


def _passed(n: int) -> str:
    applies, be, says = ("applies", "is", "says") if n == 1 else ("apply", "are", "say")
    return (
        f"{applies} to at least {_hundred(bought.CONFIDENCE)} buyers, {be} beyond chance and "
        f"{says} more than a shorter one"
    )


def lead(found: Together) -> str:
    """Say which rules count, and how many of them are told."""
    n = len(found.rules)
    kept = f"{_looked(found)} {words.plural(found.n_rules, 'rule')} {_passed(found.n_rules)}."
    if n == found.n_rules:
        return kept
    which = "The strongest is told" if n == 1 else f"Told are the {words.count(n)} strongest"
    behind = f"{which} with at least {bought.CUSTOMERS} customers behind"
    return (
        f"{kept} {behind} it."
        if n == 1
        else (f"{kept} {behind} each, pairs first, and each with a product not named before.")
    )


def _hundred(share: float) -> str:
    return f"{round(100 * share)} of 100"


def sentence(rule: Rule, names: dict[int, str]) -> Sentence:
    """Put a rule into words."""
    return Sentence.of(
        [names[p] for p in rule.before],
        [names[p] for p in rule.after],
        confidence=rule.confidence,
        lift=rule.lift,
        count=rule.count,
        customers=_people(rule),
    )


def _people(rule: Rule) -> str:
    """Say who stands behind the baskets of a rule."""
    if not rule.customers:
        return "without a customer"
    known = "known customer" if rule.anonymous else "customer"
    return f"of {words.plural(rule.customers, known)}"


def _alt(told: list[Sentence]) -> str:
    """Say the picture for those who do not see it."""
    pairs = "; ".join(f"{words.listed(t.before)} to {words.listed(t.after)}" for t in told)
    return (
        f"A network of products: an arrow leads from what is bought to what goes with it. {pairs}."
    )
