#pragma once

namespace exchange_sim {

/// The rows that request_grammar.cpp reads; the form is told beside them.
extern const char request_grammar_table[];

} // namespace exchange_sim
