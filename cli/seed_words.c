/* SPDX-License-Identifier: MIT
 * What the invented events are made of: tools, errors, clients, personal data. */
#include "cli/seed.h"

#define CITIES                                                                                     \
	"Berlin|Paris|Rome|Lisboa|Zürich|København|Kraków|Tokyo|New York|São Paulo|Cairo|Oslo"

const struct seed_tool seed_tool_list[SEED_TOOLS_MAX] = {
        {"search_rooms", "Find rooms in a city", "city", CITIES,
                "find a quiet room near the station", 30, 120, true},
        {"book_room", "Book a room", "room_id", "3|7|12|18|23|42|56", "book the room we chose", 10,
                600, true},
        {"get_details", "Details of a room", "room_id", "3|7|12|18|23|42|56",
                "see what the room has", 14, 40, false},
        {"search_flights", "Find flights", "to", CITIES, "find a direct flight in the morning", 12,
                900, true},
        {"get_weather", "Weather of a city", "city", CITIES, "know whether it will rain", 9, 80,
                false},
        {"list_orders", "Orders of a customer", "status", "open|paid|shipped|returned",
                "see which orders are late", 8, 60, false},
        {"create_invoice", "Write an invoice", "currency", "EUR|USD|GBP|JPY", "bill last month", 5,
                350, false},
        {"find_contact", "Find a contact", "team", "sales|support|legal|design", "know whom to ask",
                6, 30, false},
        {"summarise_document", "Summarise a document", "length", "short|medium|long", "read less",
                6, 2200, false},
        {"translate_text", "Translate a text", "language", "de|fr|it|pt|ja|pl",
                "answer in their language", 6, 700, false},
        {"run_report", "Run a saved report", "report", "revenue|churn|usage|stock",
                "prepare the weekly meeting", 4, 1800, true},
        {"search_documents", "Search documents", "scope", "all|mine|team", "find the contract", 7,
                150, false},
        {"create_ticket", "Open a ticket", "priority", "low|normal|high|urgent",
                "report what broke", 4, 210, false},
        {"close_ticket", "Close a ticket", "reason", "fixed|duplicate|wontfix", "tidy up", 3, 90,
                false},
        {"convert_currency", "Convert an amount", "to", "EUR|USD|GBP|JPY|CHF", "know what it costs",
                4, 20, false},
        {"plan_route", "Plan a route", "mode", "walk|bike|train|car", "get there in time", 4, 480,
                true},
        {"get_availability", "Free slots of a calendar", "when", "today|tomorrow|this week",
                "find an hour for everybody", 5, 75, false},
        {"send_message", "Send a message", "channel", "mail|chat|sms", "tell them", 4, 160, false},
        {"list_products", "Products of a category", "category", "lamps|chairs|desks|rugs",
                "compare prices", 6, 55, true},
        {"add_to_cart", "Put a product into the cart", "product_id", "101|102|205|309|410",
                "buy it later", 4, 45, false},
        {"checkout", "Pay the cart", "method", "card|transfer|wallet", "pay", 2, 1100, true},
        {"track_parcel", "Where a parcel is", "carrier", "DHL|UPS|Poste", "know when it comes", 3,
                260, false},
        {"get_stock_level", "Stock of a product", "product_id", "101|102|205|309|410",
                "see whether it is there", 3, 35, false},
        {"export_csv", "Export a table", "table", "orders|customers|products", "work on it offline",
                1, 3200, false},
        {"cancel_booking", "Cancel a booking", "room_id", "3|7|12|18", "change plans", 1, 240,
                false},
};

const struct seed_error seed_errors[] = {
        {"timeout", "Upstream timed out after ", " ms"},
        {"validation", "room_id ", " not found"},
        {"server", "HTTP 500 from https://api.example.com/v2/items/", ""},
        {"auth", "token of account ", " has expired"},
        {"rate_limit", "too many requests, retry in ", " s"},
        {"unknown", "worker ", " gave no answer"},
};
const size_t seed_errors_len = ARRAY_LEN(seed_errors);

const struct seed_client seed_clients[] = {
        {"chatgpt", "openai-mcp", "1.0.0", 40},
        {"claude", "claude-ai", "0.1.0", 30},
        {"cursor", "cursor-vscode", "1.7.3", 20},
        {"vscode", "Visual Studio Code", "1.105.0", 10},
};
const size_t seed_clients_len = ARRAY_LEN(seed_clients);

const char *const seed_pii_texts[] = {
        "write to jane.doe@example.com before noon",
        "call +1 415 555 2671 and ask for Jo",
        "paid with 4111 1111 1111 1111 last week",
        "her number is 536-90-4399, please check",
        "deliver to 1600 Pennsylvania Avenue, side door",
};
const size_t seed_pii_texts_len = ARRAY_LEN(seed_pii_texts);

const char *seed_word(const char *words, uint64_t i, int *len)
{
	uint64_t count = 1;
	const char *at = words;

	for (const char *p = words; *p; p++)
		count += *p == '|';
	for (i %= count; i > 0; i--)
		at = strchr(at, '|') + 1;
	*len = (int)strcspn(at, "|");
	return at;
}
