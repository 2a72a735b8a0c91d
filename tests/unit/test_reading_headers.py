"""Known exports and plain words in many languages."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest

from segpy import read_transactions
from segpy.lines.recognise import ROLES, recognise
from segpy.lines.spelling import data, months, normalise


def roles(*headers: str) -> dict[str, str]:
    found = recognise("test", headers, None)
    return {role: headers[place] for role, place in found.roles.items()}


def test_no_word_means_two_roles_and_none_stands_twice() -> None:
    known = data("headers.json")
    seen: dict[str, str] = {}
    for role, words in [*known["words"].items(), ("weak", known["weak"]["amount"])]:
        assert role in ROLES or role == "weak"
        for word in words:
            spelled = normalise(word)
            assert spelled, word
            assert spelled not in seen, f"{word!r} is {role} and {seen.get(spelled)}"
            seen[spelled] = role


def test_each_canonical_name_is_the_first_word_of_its_role() -> None:
    for role, words in data("headers.json")["words"].items():
        assert words[0] == role


def test_every_word_alone_gives_its_role() -> None:
    for role, words in data("headers.json")["words"].items():
        for word in words:
            others = {"customer": "customer", "date": "date"} | {role: word}
            expected = "product" if role == "description" else role
            assert roles(*others.values())[expected] == word


def test_sources_name_roles_and_headers_that_are_known() -> None:
    for source in data("headers.json")["sources"]:
        assert set(source["columns"]) <= set(ROLES)
        headers = list(source["needs"])
        customer = source["columns"].get("customer", [None])[0]
        if customer and customer not in headers:
            headers.append(customer)
        assert recognise("test", headers, None).source == source["name"]


def test_months_are_twelve_and_no_word_means_two() -> None:
    listed = data("months.json")["months"]
    assert len(listed) == 12
    words = [normalise(w) for names in listed for w in names]
    assert len(set(words)) == len(words)
    assert set(months().values()) == set(range(1, 13))


@pytest.mark.parametrize(
    ("word", "spelled"),
    [
        ("Kunden-Nr.", "kundennr"),
        ("Quantité", "quantite"),
        ("Ilość", "ilosc"),
        ("Wartość", "wartosc"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("N° client", "nclient"),
        ("Kwota zł", "kwotazl"),
        ("\ufeffDate ", "date"),
        ("Försäljning", "forsaljning"),
        ("Country/Region", "countryregion"),
    ],
)
def test_spelling(word: str, spelled: str) -> None:
    assert normalise(word) == spelled


@pytest.mark.parametrize(
    "headers",
    [
        "Customer ID,Order ID,Order Date,SKU,Quantity,Unit Price,Line Total,Product Name,Country",
        "customer_id,order_id,order_date,sku,qty,price,amount,title,country_code",
        "Kundennummer,Bestellnummer,Bestelldatum,Artikelnummer,Menge,Einzelpreis,"
        "Gesamtpreis,Artikelbezeichnung,Land",
        "N° client,N° commande,Date de commande,Référence,Quantité,Prix unitaire,"
        "Montant,Désignation,Pays",
        "Código cliente,Nº pedido,Fecha,Producto,Cantidad,Precio unitario,Importe,Descripción,País",
        "Codice cliente,Numero ordine,Data ordine,Articolo,Quantità,Prezzo unitario,"
        "Importo,Descrizione,Paese",
        "Código do cliente,Número do pedido,Data do pedido,Código do produto,Quantidade,"
        "Preço unitário,Valor total,Descrição,País",
        "Klantnummer,Bestelnummer,Besteldatum,Artikelcode,Aantal,Stukprijs,Regeltotaal,"
        "Omschrijving,Land",
        "ID klienta,Nr zamówienia,Data zamówienia,Kod produktu,Ilość,Cena jednostkowa,"
        "Wartość,Nazwa produktu,Kraj",
        "Kundnummer,Ordernummer,Orderdatum,Artikelnummer,Antal,Styckpris,Radsumma,Benämning,Land",
        "Kundenummer,Ordrenummer,Ordredato,Varenummer,Antal,Stykpris,Beløb,Varenavn,Land",
        "Kundenr,Ordrenr,Dato,Varenr,Antall,Enhetspris,Beløp,Beskrivelse,Land",
        "Asiakasnumero,Tilausnumero,Tilauspäivä,Tuotenumero,Määrä,Yksikköhinta,Rivisumma,Tuotenimi,Maa",
        "Číslo zákazníka,Číslo objednávky,Datum objednávky,Kód zboží,Množství,Jednotková cena,"
        "Částka,Název zboží,Země",
        "Vevőkód,Rendelésszám,Rendelés dátuma,Cikkszám,Mennyiség,Egységár,Összeg,Megnevezés,Ország",
        "Cod client,Nr comandă,Data comenzii,Cod produs,Cantitate,Preț unitar,Valoare,"
        "Denumire produs,Țară",
        "Müşteri No,Sipariş No,Sipariş Tarihi,Ürün Kodu,Adet,Birim Fiyat,Tutar,Ürün Ad\u0131,Ülke",
        "Κωδικός πελάτη,Αριθμός παραγγελίας,Ημερομηνία,Κωδικός προϊόντος,Ποσότητα,Τιμή μονάδας,"
        "Αξία,Περιγραφή,Χώρα",
    ],
    ids=lambda headers: headers.split(",")[0],
)
def test_plain_words(headers: str) -> None:
    names = headers.split(",")
    expected = dict(zip(ROLES, names, strict=True))
    assert roles(*names) == expected
    assert roles(*(n.upper() for n in names)) == {r: n.upper() for r, n in expected.items()}
    assert set(roles(*reversed(names)).items()) == set(expected.items())


def table(headers: str, *rows: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=headers.split(","))


def test_online_retail_ii() -> None:
    tx = read_transactions(
        table(
            "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
            ["489434", "85048", "LIGHTS", 12, "2009-12-01 07:45:00", 6.95, 13085.0, "France"],
        )
    )
    assert tx.attrs["schema"]["source"] == "UCI Online Retail II"
    assert tx["customer"].tolist() == [13085]
    assert tx["price"].tolist() == [6.95]


def test_superstore_sales_are_line_totals() -> None:
    text = (
        "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,"
        "Segment,Country,City,"
        "State,Postal Code,Region,Product ID,Category,Sub-Category,Product Name,Sales,"
        "Quantity,Discount,"
        "Profit\n"
        "1,CA-2016-152156,11/8/2016,11/11/2016,Second Class,CG-12520,Claire G\xfcte,"
        "Consumer,United "
        "States,Henderson,Kentucky,02420,South,FUR-BO-10001798,Furniture,Bookcases,Bush \xd7 Shelf,"
        "261.96,2,0,41.9136\n"
        "2,CA-2016-138688,6/16/2016,6/20/2016,Second Class,DV-13045,Darrin,Corporate,"
        "United States,Los "
        "Angeles,California,90036,West,OFF-LA-10000240,Office,Labels,Labels,14.62,2,0,6.8714\n"
    )
    tx = read_transactions(io.BytesIO(text.encode("cp1252")))
    assert tx.attrs["schema"]["source"] == "Superstore"
    assert tx["amount"].tolist() == [261.96, 14.62]
    assert tx["price"].tolist() == [130.98, 7.31]
    assert tx["customer"].tolist() == ["CG-12520", "DV-13045"]
    assert tx["date"].tolist() == [pd.Timestamp("2016-11-08"), pd.Timestamp("2016-06-16")]
    assert tx["Postal Code"].tolist() == ["02420", "90036"]
    assert tx["Segment"].tolist() == ["Consumer", "Corporate"]


def olist() -> pd.DataFrame:
    return table(
        "order_id,customer_id,customer_unique_id,order_purchase_timestamp,order_item_id,"
        "product_id,price,"
        "freight_value,payment_value",
        ["o1", "c1", "u1", "2017-10-02 10:56:33", 1, "p1", 29.99, 8.72, 38.71],
        ["o2", "c2", "u1", "2018-07-24 20:41:37", 2, "p2", 118.7, 22.76, 141.46],
    )


def test_olist_customers_are_the_unique_ones() -> None:
    tx = read_transactions(olist())
    assert tx.attrs["schema"]["source"] == "Olist"
    assert tx["customer"].tolist() == ["u1", "u1"]
    assert tx["quantity"].tolist() == [1, 1]
    assert tx["amount"].tolist() == [29.99, 118.7]
    assert tx["customer_id"].tolist() == ["c1", "c2"]


def test_olist_with_the_order_made_customer_id_only() -> None:
    source = olist().drop(columns="customer_unique_id")
    with pytest.raises(
        ValueError,
        match=r"the customer column must be 'customer_unique_id'; got 'customer_id'. "
        r"Olist gives every "
        r"order a new customer_id, .* Join customer_unique_id from olist_customers_dataset.csv",
    ):
        read_transactions(source)
    tx = read_transactions(source, columns={"customer": "customer_id"})
    assert tx["customer"].tolist() == ["c1", "c2"]


SHOPIFY = (
    "Name,Email,Financial Status,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Billing Country,Shipping Country,Vendor\n"
    "#1002,b@x.org,paid,30.00,35.00,2020-07-02 10:00:00 +0200,1,Cup,30.00,C-1,DE,DE,Us\n"
    "#1001,a@x.org,paid,25.00,30.00,2020-01-02 10:00:00 +0100,2,Plate,10.00,,AT,DE,Us\n"
    "#1001,,,,,,1,Bowl,5.00,B-1,,,Us\n"
    "#1000,,paid,7.00,7.00,2020-01-01 09:00:00 +0100,1,Spoon,7.00,S-1,,,Us\n"
)


def test_shopify_orders_span_rows() -> None:
    tx = read_transactions(io.StringIO(SHOPIFY))
    assert tx.attrs["schema"]["source"] == "Shopify orders export"
    assert tx["order"].tolist() == ["#1002", "#1001", "#1001", "#1000"]
    # What belongs to the order stands on its first row and counts for all of them; the point of
    # sale's order without e-mail stays anonymous.
    assert tx["customer"].tolist()[:3] == ["b@x.org", "a@x.org", "a@x.org"]
    assert pd.isna(tx["customer"].iloc[3])
    assert tx["date"].tolist()[1:3] == [pd.Timestamp("2020-01-02 10:00")] * 2
    assert tx["country"].tolist()[:3] == ["DE", "AT", "AT"]
    # An article without number goes by its name.
    assert tx["product"].tolist() == ["C-1", "Plate", "B-1", "S-1"]
    assert tx["amount"].tolist() == [30.0, 20.0, 5.0, 7.0]
    # The order's own money is no line's: it stays where it was.
    assert tx["Total"].isna().tolist() == [False, False, True, False]


def test_shopify_summer_and_winter_are_one_clock_but_two_shops_are_not() -> None:
    tx = read_transactions(io.StringIO(SHOPIFY))
    assert tx["date"].iloc[0] == pd.Timestamp("2020-07-02 10:00")
    with pytest.raises(ValueError, match="on one clock"):
        read_transactions(io.StringIO(SHOPIFY.replace("+0200", "-0500")))


def test_shopify_in_any_order_of_rows() -> None:
    head, *rows = SHOPIFY.splitlines(keepends=True)
    turned = read_transactions(io.StringIO(head + "".join(rows[::-1])))
    straight = read_transactions(io.StringIO(SHOPIFY))
    pd.testing.assert_frame_equal(turned[::-1].reset_index(drop=True), straight)


def test_shopify_row_without_any_date() -> None:
    with pytest.raises(ValueError, match="column 'Created at' must be a date in every "
                "row; got none in "
                       "row 3"):  # fmt: skip
        read_transactions(io.StringIO(SHOPIFY.replace("2020-01-01 09:00:00 +0100", "")))


def test_woocommerce_order_export() -> None:
    tx = read_transactions(
        table(
            "Order Number,Order Status,Order Date,Email (Billing),Country Code "
            "(Billing),Order Total Amount,"
            "SKU,Item #,Item Name,Quantity (- Refund),Item Cost,Discount Amount",
            [
                "1234",
                "Completed",
                "2021-03-05 12:01",
                "a@x.org",
                "FR",
                42.0,
                "T-1",
                1,
                "Tea",
                2,
                10.5,
                0,
            ],
            [
                "1234",
                "Completed",
                "2021-03-05 12:01",
                "a@x.org",
                "FR",
                42.0,
                None,
                2,
                "Mug",
                1,
                21.0,
                0,
            ],
        )
    )
    assert tx.attrs["schema"]["source"] == "WooCommerce order export"
    assert tx["customer"].tolist() == ["a@x.org"] * 2
    assert tx["order"].tolist() == [1234] * 2
    assert tx["product"].tolist() == ["T-1", "Mug"]
    assert tx["amount"].tolist() == [21.0, 21.0]
    assert tx["country"].tolist() == ["FR", "FR"]


WOO = "Order Number,Order Date,Customer User ID,Email (Billing),Item Name,Quantity,Item Cost"


def woo(customers: list[Any], emails: list[Any]) -> pd.DataFrame:
    rows = [[i, "2021-03-05", c, e, "Tea", 1, 2.5]
            for i, (c, e) in enumerate(zip(customers, emails, strict=True))]  # fmt: skip
    return table(WOO, *rows)


@pytest.mark.parametrize("guest", [0, None, "0", "0.0"])
def test_woocommerce_guests_are_their_billing_address(guest: Any) -> None:
    raw = woo([5, guest, guest, 12, guest], ["m@x.org", " g@x.org", "h@x.org", "n@x.org", None])
    for source in (raw, io.StringIO(raw.to_csv(index=False))):
        tx = read_transactions(source)
        assert tx["customer"].dtype == pd.Series(["x"]).dtype
        found = [None if pd.isna(c) else c for c in tx["customer"]]
        assert found == ["5", "g@x.org", "h@x.org", "12", None]
        assert tx.attrs["schema"]["guests"] == {"rows": 3, "column": "Email (Billing)"}
        assert tx["Email (Billing)"].tolist()[0] == "m@x.org"


def test_woocommerce_without_guests_keeps_whole_numbers() -> None:
    tx = read_transactions(woo([5, 12], ["m@x.org", "n@x.org"]))
    assert tx["customer"].tolist() == [5, 12]
    assert tx["customer"].dtype == "int64"
    assert "guests" not in tx.attrs["schema"]


def test_woocommerce_guests_without_an_address_are_missing() -> None:
    raw = woo([5, 0, 12], ["m@x.org"] * 3).drop(columns="Email (Billing)")
    tx = read_transactions(raw)
    assert str(tx["customer"].dtype) == "Int64"
    assert tx["customer"].isna().tolist() == [False, True, False]
    assert tx.attrs["schema"]["guests"] == {"rows": 1, "column": None}


def test_a_customer_0_elsewhere_is_a_customer() -> None:
    tx = read_transactions(table("User ID,Date,Email", [0, "2021-03-05", "a@x.org"]))
    assert tx["customer"].tolist() == [0]


def test_a_column_that_tells_orders_apart_is_not_lost_to_another_role() -> None:
    raw = table("order,date,price", [7, "2021-03-05", 1.0], [8, "2021-03-05", 2.0])
    with pytest.raises(ValueError, match="needs; got 'order', the only one that tells orders"):
        read_transactions(raw, columns={"customer": "order"})
    both = read_transactions(raw, columns={"customer": "order", "order": "order"})
    assert both["customer"].tolist() == both["order"].tolist() == [7, 8]
    days = read_transactions(raw, columns={"customer": "order", "order": None})
    assert days["order"].tolist() == ["7 2021-03-05", "8 2021-03-05"]
    other = raw.assign(Invoice=[1, 2])
    assert read_transactions(other, columns={"customer": "order"})["order"].tolist() == [1, 2]


def test_woocommerce_lookup_table() -> None:
    tx = read_transactions(
        table(
            "order_item_id,order_id,product_id,variation_id,customer_id,date_created,product_qty,"
            "product_net_revenue,product_gross_revenue",
            [1, 10, 77, 0, 5, "2021-03-05 12:01:00", 2, 20.0, 24.0],
        )
    )
    assert tx.attrs["schema"]["source"] == "WooCommerce order lines"
    assert tx["amount"].tolist() == [20.0]
    assert tx["product"].tolist() == ["77"]


def test_the_columns_of_source_003() -> None:
    tx = read_transactions(
        table("CustomerID,InvoiceDate,InvoiceNo,TotalPrice", [17850, "2010-12-13", "536365", 15.3])
    )
    assert tx["amount"].tolist() == [15.3]
    assert tx["price"].tolist() == [15.3]
    assert tx["quantity"].tolist() == [1]


def test_cdnow_sample_without_header() -> None:
    tx = read_transactions(
        io.StringIO("00004  1 19970101  2   29.33\r\n00004  1 19970118  2   29.73\r\n")
    )
    assert tx.attrs["schema"]["source"] == "CDNOW"
    assert tx["customer"].tolist() == ["00004"] * 2
    assert tx["sample_id"].tolist() == [1, 1]
    assert tx["amount"].tolist() == [29.33, 29.73]
    assert tx["price"].tolist() == [29.33 / 2, 29.73 / 2]
