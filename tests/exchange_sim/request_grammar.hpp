#pragma once

namespace exchange_sim {

/// The rows that request_grammar.cpp reads; the form is told beside them.
extern const char request_grammar_table[];
/// More rows of it: the types of items that are no messages.
extern const char request_grammar_types[];

} // namespace exchange_sim
