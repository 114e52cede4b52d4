#include "model/families/encoder_rows.h"

#include <algorithm>
#include <functional>
#include <span>

#include "model/nn/normalise.h"

namespace millrace::encoder {
namespace {

using nn::EmbeddingTable;
using nn::Matrix;

// Rows fetched ahead of use: weights alone to gather, Adam's moments too to update.
constexpr std::size_t kAheadGathering = 12;
constexpr std::size_t kAheadUpdating = 4;
constexpr std::size_t kRowsATask = 256;

void prefetch_row(State& state, std::span<const std::uint32_t> rows, std::size_t at, std::size_t vectors) {
  if (at >= rows.size() || rows[at] == EmbeddingTable::kNoRow) return;
  const auto* bytes = reinterpret_cast<const char*>(state.items.vector(rows[at], 0));
  const std::size_t size = state.options.dimension * sizeof(float) * vectors;
  for (std::size_t i = 0; i < size; i += 64) __builtin_prefetch(bytes + i);
}

void gather_row(State& state, std::uint32_t row, std::uint32_t local, const UnitRows& out) {
  if (state.options.use_content()) state.content.forward(local, state.content_vector(row));
  const Matrix to = slice(out.unit, local, 1);
  state.embedding(row, to.data);
  nn::normalise_rows(to, to, out.norms + local);
}

void note_content(State& state) {
  const auto rows = state.locals.rows();
  state.content.start();
  for (std::uint32_t local = 0; local < rows.size(); ++local) {
    if (rows[local] != EmbeddingTable::kNoRow) state.content.note(ItemIndex{state.items.key_of(rows[local])}, local);
  }
}

// Rows in tasks; `task` is given each local row.
void for_each_local(std::size_t rows, Workers* workers, const std::function<void(std::uint32_t local)>& task) {
  run_tasks(workers, (rows + kRowsATask - 1) / kRowsATask, [&](std::size_t some) {
    const std::size_t end = std::min(rows, (some + 1) * kRowsATask);
    for (std::size_t local = some * kRowsATask; local < end; ++local) task(static_cast<std::uint32_t>(local));
  });
}

}  // namespace

UnitRows gather_rows(State& state, Workers* workers) {
  const auto rows = state.locals.rows();
  const UnitRows out{state.arena.matrix(rows.size(), state.options.dimension), state.arena.floats(rows.size()).data()};
  if (state.options.use_content()) note_content(state);
  for_each_local(rows.size(), workers, [&](std::uint32_t local) {
    prefetch_row(state, rows, local + kAheadGathering, 1);
    if (rows[local] == EmbeddingTable::kNoRow) {
      std::fill_n(out.unit.row(local), out.unit.columns, 0.0F);
    } else {
      gather_row(state, rows[local], local, out);
    }
  });
  return out;
}

void update_rows(State& state, const UnitRows& rows, Matrix gradient, const nn::AdamStep& step, Workers* workers) {
  const auto table_rows = state.locals.rows();
  for_each_local(table_rows.size(), workers, [&](std::uint32_t local) {
    prefetch_row(state, table_rows, local + kAheadUpdating, 3);
    const std::uint32_t row = table_rows[local];
    if (row == EmbeddingTable::kNoRow) return;
    const Matrix drow = slice(gradient, local, 1);
    nn::normalise_rows_backward(slice(rows.unit, local, 1), rows.norms + local, drow, drow);
    nn::adam_step(step, drow.data, state.items.vector(row, 0), state.items.vector(row, 1), state.items.vector(row, 2),
                  gradient.columns);
  });
  for (const std::uint32_t row : table_rows) {
    if (row != EmbeddingTable::kNoRow) state.items.mark(row);
  }
  if (state.options.use_content()) state.content.backward(gradient, step);
}

}  // namespace millrace::encoder
