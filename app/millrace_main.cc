#include <string>
#include <vector>

#include "app/cli.h"

int main(int argc, char** argv) { return millrace::run_command_line(std::vector<std::string>(argv + 1, argv + argc)); }
