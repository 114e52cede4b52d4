// One mini-batch of the encoder: forward, gradients, optimisers.
#pragma once

#include "model/families/encoder_state.h"
#include "model/families/family.h"

namespace millrace::encoder {

// Learns the positive examples of the mini-batch whose item has a row: where the context has something to attend to,
// and beside such also those where it has not.
TrainReport train_minibatch(State& state, const Minibatch& batch);

}  // namespace millrace::encoder
