// The distinct item rows of a mini-batch: gathered and normalised before it, updated after it.
#pragma once

#include "core/workers.h"
#include "model/families/encoder_state.h"
#include "model/nn/adam.h"
#include "model/nn/matrix.h"

namespace millrace::encoder {

// U × D, in the order of state.locals; rows that stand for no table row are zero.
struct UnitRows {
  nn::Matrix unit;
  float* norms = nullptr;
};

// Also brings the content beside each row up to date.
UnitRows gather_rows(State& state, Workers* workers);

// One step of Adam on every row, and on the tokens of their content. `gradient`, U × D, is that of the unit rows and is
// used up.
void update_rows(State& state, const UnitRows& rows, nn::Matrix gradient, const nn::AdamStep& step, Workers* workers);

}  // namespace millrace::encoder
